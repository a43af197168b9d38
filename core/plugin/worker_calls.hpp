// Requests that go to a worker process to be verified and handled.
#pragma once

#include "core/plugin/worker_replies.hpp"
#include "core/plugin/worker_source.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace gh::plugin {

/// One or more requests on one way there and back.
class RemoteBatch {
public:
    explicit RemoteBatch(Remote&);
    /// Drops jobs over there that nobody took.
    ~RemoteBatch();
    RemoteBatch(const RemoteBatch&) = delete;
    RemoteBatch& operator=(const RemoteBatch&) = delete;

    /// To be verified and, if accepted within its window, handled.
    void add(size_t verifier, size_t route, const gatehouse_request&);
    void add_verify(size_t verifier, const gatehouse_request&);
    void add_handle(size_t route, const gatehouse_request&, const gatehouse_acceptance&);
    void run();
    /// Gives the plugin's answer to `answer`, as its function would have, and returns its status. Once for each request.
    gatehouse_status verdict(size_t request, const gatehouse_verify_answer& answer);
    bool has_outcome(size_t request) const { return request < items_.size() && !items_[request].outcome.empty(); }
    gatehouse_status outcome(size_t request, const gatehouse_handle_answer& answer);

private:
    struct Item {
        std::string_view verdict, outcome; ///< inside reply_; empty once given
    };
    void add(uint8_t what, size_t verifier, size_t route, const gatehouse_request&);
    gatehouse_status given(const Replayed&);
    gatehouse_status away() const;
    MakeJob make_job();

    Remote& remote_;
    const Remote::Current current_;
    wire::Writer request_;
    size_t count_at_;
    uint32_t count_ = 0;
    const char* function_ = "verify or handle";
    std::string reply_;
    std::vector<Item> items_;
    gatehouse_status status_ = GATEHOUSE_OK; ///< of the way itself
    std::string fail_text_;
};

} // namespace gh::plugin
