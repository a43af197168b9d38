// One outgoing request under way: its libcurl handle, what it has received so far, and how it failed.
#pragma once

#include "core/egress/client.hpp"
#include "core/egress/url.hpp"

#include <curl/curl.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gh::egress {

/// Trusted roots and settings that all transfers of one client share. Immutable.
struct Shared {
    std::string user_agent;
    std::string ca_bundle;                         ///< the system's; empty when there is none
    std::vector<std::shared_ptr<void>> more_roots; ///< X509 certificates of Options::ca_file
    std::shared_ptr<curl_slist> resolve;
};

/// Roots of a PEM file as X509 objects; the error says why the file is of no use.
Result<std::vector<std::shared_ptr<void>>> load_roots(const std::string& file);

struct EasyDeleter {
    void operator()(CURL* c) const { curl_easy_cleanup(c); }
};
using Easy = std::unique_ptr<CURL, EasyDeleter>;

/// Used by the client's thread once it is queued; libcurl holds its address while it runs.
class Transfer {
public:
    Transfer(Request, Done);
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;

    /// Checks method, fields and URL. What it finds is answered later, on the client's thread.
    void check(const Policy*);
    bool refused() const { return response_.failure != Failure::none; }
    bool private_addresses() const { return private_addresses_; }
    const Url& url() const { return url_; }
    Steady::time_point deadline() const { return deadline_; }

    /// Sets everything on a fresh or reset handle. `left`: time to the deadline.
    void prepare(Easy, const Shared&, Millis left);
    CURL* easy() const { return easy_.get(); }
    /// The handle has ended: works out what came of it.
    void finish(CURLcode);
    void fail(Failure, std::string_view cause);
    /// Whether the answer came over HTTP/2. Valid after finish().
    bool multiplexed() const { return multiplexed_; }
    /// Calls back; the handle is given back for reuse.
    Easy answer();

private:
    static size_t on_head(char*, size_t, size_t, void*);
    static size_t on_body(char*, size_t, size_t, void*);
    static curl_socket_t on_open(void*, curlsocktype, curl_sockaddr*);
    static CURLcode on_tls(CURL*, void* ssl_context, void*);
    bool take_head(std::string_view line);
    bool take_body(std::string_view bytes);
    void watch_end(); ///< an answer that only its connection's end will end
    void set_method();
    void set_fields();
    template <class T>
    void set(CURLoption, T);

    Request request_;
    Done done_;
    Url url_;
    Response response_;
    Steady::time_point begun_ = Steady::now();
    Steady::time_point deadline_;
    bool private_addresses_ = false;
    const Shared* shared_ = nullptr;
    Easy easy_;
    std::string url_text_;
    std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> fields_{nullptr, curl_slist_free_all};
    char cause_[CURL_ERROR_SIZE] = {};
    size_t head_bytes_ = 0;
    bool head_complete_ = false; ///< of the final answer; field lines after it are trailers
    bool too_large_ = false;
    bool multiplexed_ = false;
    std::shared_ptr<const bool> goodbye_; ///< set when the answer ends with its connection
    std::string refused_address_;         ///< the last address that was not dialled
};

} // namespace gh::egress
