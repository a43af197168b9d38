#include "core/store/writer.hpp"

#include "core/store/store_file.hpp"

namespace gh::store {

namespace {

constexpr size_t k_group_events = 1'000;
constexpr size_t k_group_bytes = 8u << 20;

// Measured at groups of 64: 500 frames cost 10 % of the speed, 2000 double the p99.
constexpr int k_checkpoint_frames = 1'000;
// A reader was in the way each time: from here on the writer waits a moment for it, at most so often.
constexpr int k_restart_frames = 16'000;
constexpr auto k_restart_pause = Millis(1'000);
constexpr int k_frame_bytes = 4096 + 24;

constexpr auto k_expiry_pause = Millis(10'000); // when nothing was left to delete
constexpr int k_expiry_share = 5;               // a step may take one part in so many of the writer's time

std::vector<double> group_bounds() {
    return {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024};
}

double seconds_since(Steady::time_point t) {
    return std::chrono::duration<double>(Steady::now() - t).count();
}

size_t events_in(const std::vector<Operation>& group) {
    size_t events = 0;
    for (const auto& operation : group)
        if (const auto* append = std::get_if<Append>(&operation)) events += append->events.size();
    return events;
}

} // namespace

Writer::Writer(const Options& options, ReaderPool& readers, const Clock& clock, Log& log, Metrics& metrics)
    : options_(options),
      readers_(readers),
      clock_(clock),
      log_(log),
      queue_(options.queue_events, options.queue_bytes),
      commit_seconds_(metrics.histogram("gatehouse_store_commit_seconds", "Time of one group commit, fsync included.", latency_bounds())),
      commit_events_(metrics.histogram("gatehouse_store_commit_events", "Events per group commit that had any.", group_bounds())),
      checkpoint_seconds_(
          metrics.histogram("gatehouse_store_checkpoint_seconds", "Time to copy the WAL into the database.", latency_bounds())),
      commit_failures_(metrics.counter("gatehouse_store_commit_failures_total", "Groups that could not be committed.")),
      checkpoint_failures_(metrics.counter("gatehouse_store_checkpoint_failures_total", "Checkpoints that failed.")),
      expired_(metrics.counter("gatehouse_store_expired_total", "Events and refused requests deleted by retention.")),
      quarantine_dropped_(metrics.counter("gatehouse_store_quarantine_dropped_total", "Refused requests that were not kept.")),
      wal_bytes_(metrics.gauge("gatehouse_store_wal_bytes", "Bytes in the write-ahead log that are in use.")),
      writable_gauge_(metrics.gauge("gatehouse_store_writable", "1 while commits succeed.")) {}

Status Writer::start(const std::string& path) {
    path_ = path;
    if (auto opened = open(); !opened) return opened;
    salt_ = executor_->salt();
    readers_.open();
    writable_ = true;
    writable_gauge_.set(1);
    running_ = true;
    thread_ = NamedThread("store", [this] { run(); });
    return Done{};
}

void Writer::stop() {
    queue_.close();
    thread_.join();
    running_ = false;
    writable_ = false;
    readers_.close();
    try {
        // Not needed for safety: the file then is complete without its WAL, and the next start is short.
        if (db_ && !failed_) checkpoint(*db_, Checkpoint::empty);
    } catch (const std::exception& e) {
        log_.warning("store", "the last checkpoint failed; the next start makes up for it", {{"reason", e.what()}, {"path", path_}});
    }
    close();
}

bool Writer::append(Append& append) {
    if (!writable()) {
        // Someone waits for us to be well again: look sooner.
        if (running_ && refused_since_trial_.fetch_add(1, std::memory_order_relaxed) == 0) queue_.wake();
        return false;
    }
    Operation operation(std::move(append));
    if (queue_.put(operation) == WriteQueue::Put::taken) return true;
    append = std::move(std::get<Append>(operation));
    return false;
}

void Writer::write(Write write) {
    Operation operation(std::move(write));
    const auto put = queue_.put(operation);
    if (put == WriteQueue::Put::taken) return;
    const Error error{put == WriteQueue::Put::full ? "store: too many refused requests wait to be kept" : "store: it is closed"};
    if (std::holds_alternative<NewRefused>(std::get<Write>(operation).what)) quarantine_dropped_.add();
    if (const auto thrown = answer(operation, &error); !thrown.empty()) log_.error("store", "a callback threw", {{"reason", thrown}});
}

void Writer::run() {
    while (!(queue_.closed() && queue_.waiting() == 0)) work();
}

void Writer::work() {
    if (failed_) {
        wait_and_recover();
        return;
    }
    queue_.wait(retention_->enabled() ? next_expiry_ : Steady::now() + std::chrono::hours(1));
    auto group = queue_.take(k_group_events, k_group_bytes);
    if (!group.empty()) commit(group);
    checkpoint_if_due();
    expire_if_due();
}

void Writer::carry_out(std::vector<Operation>& group, bool careful) {
    Transaction transaction(*db_);
    for (auto& operation : group) executor_->run(operation, careful);
    executor_->finish_group();
    transaction.commit();
}

void Writer::abandon() {
    db_->rollback();
    executor_->rolled_back();
}

void Writer::commit(std::vector<Operation>& group) {
    const auto began = Steady::now();
    try {
        try {
            carry_out(group, false);
        } catch (const SqlError& e) {
            if (!e.is_about_the_value()) throw;
            abandon();
            carry_out(group, true);
        }
    } catch (const std::exception& e) {
        abandon();
        commit_failures_.add();
        fail("a commit failed", e.what());
        const Error error{std::string("store: not written: ") + e.what()};
        answer_all(group, &error);
        return;
    }
    const auto effects = executor_->committed();
    commit_seconds_.observe(seconds_since(began));
    if (const auto events = events_in(group)) commit_events_.observe(static_cast<double>(events));
    answer_all(group, nullptr);
    if (on_commit_ && (effects.events || effects.deliveries)) on_commit_(effects.events, effects.deliveries);
}

void Writer::answer_all(std::vector<Operation>& group, const Error* failure) {
    for (auto& operation : group) {
        if (const auto* write = std::get_if<Write>(&operation); write && std::holds_alternative<NewRefused>(write->what))
            if (failure || !write->result) quarantine_dropped_.add();
        if (const auto thrown = answer(operation, failure); !thrown.empty()) log_.error("store", "a callback threw", {{"reason", thrown}});
    }
}

void Writer::note_wal(int frames) {
    if (frames < wal_frames_) checkpoint_at_ = k_checkpoint_frames;
    wal_frames_ = frames;
}

void Writer::checkpoint_if_due() {
    wal_bytes_.set(static_cast<double>(wal_frames_) * k_frame_bytes);
    if (failed_ || wal_frames_ < checkpoint_at_) return;
    const auto began = Steady::now();
    // While a reader keeps the WAL from beginning anew it grows; trying again at each commit would only cost an fsync each.
    checkpoint_at_ = wal_frames_ + k_checkpoint_frames;
    try {
        const bool insist = wal_frames_ >= k_restart_frames && began >= next_restart_;
        if (insist) next_restart_ = began + k_restart_pause;
        checkpoint(*db_, insist ? Checkpoint::restart : Checkpoint::passive);
    } catch (const std::exception& e) {
        checkpoint_failures_.add();
        fail("a checkpoint failed", e.what());
    }
    checkpoint_seconds_.observe(seconds_since(began));
}

void Writer::expire_if_due() {
    const auto began = Steady::now();
    if (failed_ || !retention_->enabled() || began < next_expiry_) return;
    try {
        const auto step = retention_->step();
        expired_.add(static_cast<uint64_t>(step.deleted));
        next_expiry_ = step.more ? Steady::now() + (Steady::now() - began) * (k_expiry_share - 1) : Steady::now() + k_expiry_pause;
    } catch (const std::exception& e) {
        fail("deleting old events failed", e.what());
    }
}

} // namespace gh::store
