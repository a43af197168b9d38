// The one thread that writes: group commit, checkpoints, retention, and the way back after a failure.
#pragma once

#include "core/base/thread.hpp"
#include "core/store/executor.hpp"
#include "core/store/reader_pool.hpp"
#include "core/store/retention.hpp"
#include "core/store/write_queue.hpp"

#include <atomic>

namespace gh::store {

class Writer {
public:
    Writer(const Options&, ReaderPool&, const Clock&, Log&, Metrics&);
    ~Writer() { stop(); }

    /// Opens `path` in the calling thread, then starts the writer's.
    Status start(const std::string& path);
    void stop();

    /// False when the queue is full or the disk does not take commits; then nothing was moved from.
    bool append(Append&);
    /// Always leads to one call of its callback: on this thread when the writer does not run.
    void write(Write);

    bool writable() const { return writable_.load(std::memory_order_acquire); }
    const std::string& salt() const { return salt_; } ///< valid after start()
    void on_commit(std::function<void(bool, bool)> callback) { on_commit_ = std::move(callback); }

private:
    void run();
    void work();
    void commit(std::vector<Operation>&);
    void carry_out(std::vector<Operation>&, bool careful);
    void abandon();
    void answer_all(std::vector<Operation>&, const Error* failure);
    void note_wal(int frames);
    void checkpoint_if_due();
    void expire_if_due();

    /// Nothing is accepted until recover() succeeded.
    void fail(const std::string& what, const std::string& why);
    bool recover();
    void wait_and_recover();
    Status open();
    void close();

    Options options_;
    std::string path_;
    ReaderPool& readers_;
    const Clock& clock_;
    Log& log_;
    WriteQueue queue_;
    std::string salt_;
    std::function<void(bool, bool)> on_commit_;
    std::atomic<bool> writable_{false};
    std::atomic<bool> running_{false};
    std::atomic<int64_t> refused_since_trial_{0};

    // The writer thread's own.
    std::unique_ptr<Database> db_;
    std::unique_ptr<Executor> executor_;
    std::unique_ptr<Retention> retention_;
    bool failed_ = false;
    int wal_frames_ = 0, checkpoint_at_ = 0;
    Steady::time_point next_expiry_{}, next_restart_{}, next_trial_{}, next_complaint_{};

    Histogram &commit_seconds_, &commit_events_, &checkpoint_seconds_;
    Counter &commit_failures_, &checkpoint_failures_, &expired_, &quarantine_dropped_;
    Gauge &wal_bytes_, &writable_gauge_;
    NamedThread thread_;
};

} // namespace gh::store
