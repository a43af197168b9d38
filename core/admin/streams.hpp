// Server-sent events (WHATWG HTML, section 9.2): every new event of the log as one line of JSON. Each subscriber follows the log from its
// own position, so a slow one costs nothing but its own connection: it is cut off and comes back with Last-Event-ID.
#pragma once

#include "core/admin/admin.hpp"
#include "core/base/thread.hpp"

#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

namespace gh::admin {

class Streams {
public:
    Streams(Services&, const Limits&);
    ~Streams();

    struct Wish {
        std::string source, type;     ///< as in EventQuery
        std::optional<int64_t> after; ///< Last-Event-ID; none: from now on
    };
    /// Takes the exchange over, or answers it. On a worker: reads the store.
    void add(http::Exchange, Wish);
    /// There are new events. Any thread.
    void notify();
    /// Ends all streams; new ones are answered with 503.
    void stop();

private:
    struct Subscriber {
        http::Exchange::Stream stream;
        std::string source, type;
        int64_t position = 0; ///< last seq that was looked at
    };
    void run();
    /// Sends what is new to one; false when it is to be cut off. `more`: there is a further page.
    bool catch_up(Subscriber&, bool& more);
    Result<std::vector<store::EventSummary>> read(int64_t after, size_t limit) const;

    Services& services_;
    const Limits& limits_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Subscriber> arriving_; ///< guarded by mutex_
    size_t open_ = 0;                  ///< guarded by mutex_
    bool news_ = false, stop_ = false; ///< guarded by mutex_
    NamedThread thread_;
};

} // namespace gh::admin
