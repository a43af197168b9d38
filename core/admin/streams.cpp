#include "core/admin/streams.hpp"

#include "core/admin/render.hpp"

#include <algorithm>

namespace gh::admin {

namespace {

constexpr size_t k_page = 100; // small enough that one round never fills a reading peer's buffer
constexpr Millis k_round{20};  // under load, commits follow each other faster than anybody reads

std::string frame(const store::EventSummary& event) {
    json::Writer w;
    write(w, event);
    return "id: " + std::to_string(event.seq) + "\ndata: " + w.take() + "\n\n";
}

} // namespace

Streams::Streams(Services& services, const Limits& limits)
    : services_(services), limits_(limits), thread_("admin-stream", [this] { run(); }) {}

Streams::~Streams() {
    stop();
}

void Streams::stop() {
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    changed_.notify_all();
}

void Streams::notify() {
    {
        const std::lock_guard lock(mutex_);
        if (news_) return;
        news_ = true;
    }
    changed_.notify_all();
}

Result<int64_t> Streams::tip() const {
    return services_.store.last_seq();
}

void Streams::add(http::Exchange exchange, Wish wish) {
    auto now = tip();
    if (!now) {
        services_.log.error("admin", "the store cannot be read", {{"reason", now.error().message}});
        exchange.respond(http::unavailable(1, "The store cannot be read now; the server's log says why."));
        return;
    }
    {
        const std::lock_guard lock(mutex_);
        if (!stop_ && open_ < limits_.streams) {
            ++open_;
        } else {
            exchange.respond(http::unavailable(5, stop_ ? "The server is ending." : "Too many event streams are open."));
            return;
        }
    }
    Subscriber s{exchange.stream(
                     {200, {{"Content-Type", "text/event-stream"}, {"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}}, {}, false}),
                 std::move(wish.source), std::move(wish.type), wish.after ? std::max<int64_t>(*wish.after, -1) : *now};
    if (s.position == 0) s.position = -1; // the log begins at 1; 0 would mean "no position" to the store
    s.stream.write("retry: 2000\n\n");
    {
        const std::lock_guard lock(mutex_);
        arriving_.push_back(std::move(s));
        news_ = true;
    }
    changed_.notify_all();
}

bool Streams::catch_up(Subscriber& s, int64_t newest, bool& more) {
    if (s.position >= newest) return true;
    store::EventQuery query;
    query.source = s.source;
    query.type = s.type;
    query.after_seq = s.position;
    query.oldest_first = true;
    query.limit = k_page;
    auto page = services_.store.events(query);
    if (!page) {
        services_.log.error("admin", "the store cannot be read", {{"reason", page.error().message}});
        return false;
    }
    std::string out;
    for (const auto& event : page->items) {
        if (event.seq <= s.position || event.status == store::EventStatus::refused) continue;
        out += frame(event);
        s.position = event.seq;
    }
    if (page->items.size() >= k_page)
        more = true;
    else
        s.position = std::max(s.position, newest); // nothing else up to there matches the filters
    return out.empty() || s.stream.write(out);
}

void Streams::run() {
    std::vector<Subscriber> all;
    auto beat = Steady::now() + limits_.heartbeat;
    for (bool more = false;;) {
        {
            std::unique_lock lock(mutex_);
            if (more)
                changed_.wait_for(lock, k_round, [&] { return stop_; });
            else
                changed_.wait_until(lock, beat, [&] { return stop_ || news_; });
            if (stop_) break;
            news_ = false;
            for (auto& s : arriving_) all.push_back(std::move(s));
            arriving_.clear();
        }
        more = false;
        const bool heartbeat = Steady::now() >= beat;
        if (heartbeat) beat = Steady::now() + limits_.heartbeat;
        if (all.empty()) continue;
        const auto newest = tip();
        const size_t before = all.size();
        std::erase_if(all, [&](Subscriber& s) {
            if (heartbeat && !s.stream.write(":\n\n")) return true;
            return newest && !catch_up(s, *newest, more);
        });
        // Many small commits become one round.
        std::unique_lock lock(mutex_);
        open_ -= before - all.size();
        changed_.wait_for(lock, k_round, [&] { return stop_; });
    }
    for (auto& s : all) s.stream.end();
    const std::lock_guard lock(mutex_);
    for (auto& s : arriving_) s.stream.end();
    arriving_.clear();
}

} // namespace gh::admin
