// What a loop shares with its connections and listeners. Loop thread.
#pragma once

#include "core/http/channel.hpp"
#include "core/http/deadlines.hpp"
#include "core/http/mailbox.hpp"
#include "core/http/refusal.hpp"
#include "core/http/response_writer.hpp"
#include "core/http/server.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace gh::http {

class Connection;

/// Something with a file descriptor in the epoll set and one deadline.
class Watched {
public:
    Watched() { deadline_.owner = this; }
    virtual ~Watched() = default;
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;
    virtual void on_events(uint32_t events) = 0;
    virtual void on_deadline() = 0;
    /// After an exception from one of these.
    virtual void abort() = 0;

protected:
    Deadlines::Entry deadline_;
};

struct LoopContext {
    LoopContext(std::string server, Limits l, Handler& h, Log& lg, Metrics& metrics)
        : name(std::move(server)), limits(l), handler(h), log(lg), refusals(name, lg, metrics) {}
    virtual ~LoopContext() = default;

    const std::string name;
    const Limits limits;
    Handler& handler;
    Log& log;
    RefusalReport refusals;
    std::shared_ptr<Mailbox> mailbox = std::make_shared<Mailbox>();
    Steady::time_point now = Steady::now(); ///< of this round
    Time wall{};                            ///< of this round
    Deadlines deadlines{now};
    DateLine date;
    Scratch scratch;
    std::vector<Exchange> completed; ///< requests of this round, for Handler::handle
    size_t body_bytes = 0;           ///< against Limits::body_bytes_total
    size_t active = 0;               ///< connections with a request under way
    size_t lingering = 0;            ///< answered for good, waiting for the peer to close
    uint64_t requests = 0;
    bool draining = false;

    /// The connection has input left: its resume() is called in the next round.
    virtual void resume_later(Connection&) = 0;
    /// The connection is closed: it is destroyed at the end of the round.
    virtual void bury(Connection&) = 0;
};

} // namespace gh::http
