// TLS 1.2 and 1.3 for the loop: Poco::Net::Context configures, OpenSSL works on memory, the loop moves the bytes.
#pragma once

#include "core/base/result.hpp"
#include "core/config/config.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>

typedef struct ssl_st SSL;
typedef struct bio_st BIO;

namespace gh::http {

class TlsSession;

/// Certificate, key and client CA of one listener. Immutable; any thread.
class TlsContext {
public:
    /// The error names the file that could not be used, never what is in it.
    static Result<std::shared_ptr<const TlsContext>> load(const config::Tls&);
    ~TlsContext();
    /// A session in accept state.
    std::unique_ptr<TlsSession> session() const;

private:
    struct Parts;
    explicit TlsContext(std::unique_ptr<Parts>);
    std::unique_ptr<Parts> parts_;
};

/// One connection's TLS, between its cipher text and its plain text. Loop thread.
class TlsSession {
public:
    explicit TlsSession(SSL*);
    ~TlsSession();
    TlsSession(const TlsSession&) = delete;
    TlsSession& operator=(const TlsSession&) = delete;

    enum class State { open, ended, failed }; ///< ended: the peer said close_notify
    struct Decrypted {
        State state;
        size_t size; ///< bytes in `plain`
    };
    /// Takes all of `cipher`; `plain` must have room for its size and one record more (k_record). What is to be sent in return (handshake,
    /// alerts) is appended to `out`.
    Decrypted decrypt(std::string_view cipher, std::span<char> plain, std::string& out);
    /// Appends the cipher text to `out`. Only after the handshake.
    bool encrypt(std::string_view plain, std::string& out);
    /// Appends close_notify.
    void finish(std::string& out);

    bool handshake_done() const;
    /// Subject of the verified client certificate as in RFC 4514 ("CN=app,O=Example"), empty without one.
    std::string peer_subject() const;
    /// Why it failed, in OpenSSL's words; for the log.
    const std::string& failure() const { return failure_; }

    static constexpr size_t k_record = 17 * 1024;

private:
    void collect(std::string& out);

    SSL* ssl_;
    BIO* in_;
    BIO* out_;
    bool failed_ = false;
    std::string failure_;
};

} // namespace gh::http
