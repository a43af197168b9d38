// The Store over SQLite: the writer, the readers, and the lock on the file.
#include "core/store/delivery_reader.hpp"
#include "core/store/event_reader.hpp"
#include "core/store/file_lock.hpp"
#include "core/store/writer.hpp"

namespace gh::store {

namespace {

class SqliteStore final : public Store {
public:
    SqliteStore(Options options, const Clock& clock, Log& log, Metrics& metrics)
        : options_(std::move(options)), clock_(clock), log_(log), metrics_(metrics) {}
    ~SqliteStore() override { stop(); }

    bool append(std::vector<NewEvent> events, AppendDone done) override {
        auto* writer = running_writer();
        if (!writer) return false;
        Append append;
        append.events.reserve(events.size());
        for (auto& event : events) append.events.push_back(prepare(std::move(event), writer->salt()));
        append.done = std::move(done);
        return writer->append(append);
    }

    void release(Uuid quarantine_id, NewEvent event, AppendDone done) override {
        auto* writer = running_writer();
        Append append;
        if (writer) append.events.push_back(prepare(std::move(event), writer->salt()));
        append.done = std::move(done);
        append.quarantined = quarantine_id;
        if (writer && writer->append(append)) return;
        Appended failed;
        failed.error = "store: it takes no events now; try again later";
        if (append.done) append.done(std::span(&failed, 1));
    }

    void quarantine(NewRefused refused) override { write({std::move(refused), {}, Done{}}); }
    void finish_fetch(FetchOutcome outcome, WriteDone done) override { write({std::move(outcome), std::move(done), Done{}}); }
    void record_attempt(NewAttempt attempt, WriteDone done) override { write({std::move(attempt), std::move(done), Done{}}); }
    void add_deliveries(Uuid event, std::vector<NewDelivery> deliveries, WriteDone done) override {
        write({AddDeliveries{event, std::move(deliveries)}, std::move(done), Done{}});
    }
    void retry_deliveries(std::vector<Uuid> ids, WriteDone done) override {
        write({RetryDeliveries{std::move(ids)}, std::move(done), Done{}});
    }
    void put_state(std::string scope, std::vector<StateChange> changes, WriteDone done) override {
        write({PutState{std::move(scope), std::move(changes)}, std::move(done), Done{}});
    }

    Result<std::optional<Event>> event(Uuid id) override {
        return read<std::optional<Event>>([&](Database& db) { return read_event(db, id); });
    }
    Result<Page<EventSummary>> events(const EventQuery& query) override {
        return read<Page<EventSummary>>([&](Database& db) { return list_events(db, query); });
    }
    Result<int64_t> last_seq() override {
        return read<int64_t>([](Database& db) { return read_last_seq(db); });
    }
    Result<std::vector<PendingEvent>> pending_events(const std::string& source, Time now, size_t limit,
                                                     std::span<const Uuid> except) override {
        return read<std::vector<PendingEvent>>([&](Database& db) { return read_pending_events(db, source, now, limit, except); });
    }
    Result<std::vector<PendingEvent>> pending_behind(const PendingEvent& head, size_t limit) override {
        return read<std::vector<PendingEvent>>([&](Database& db) { return read_pending_behind(db, head, limit); });
    }
    Result<std::optional<Time>> next_fetch_due(const std::string& source, Time now) override {
        return read<std::optional<Time>>([&](Database& db) { return read_next_fetch_due(db, source, now); });
    }
    Result<std::vector<DueDelivery>> due_deliveries(const std::string& destination, Time now, size_t limit,
                                                    std::span<const Uuid> except) override {
        return read<std::vector<DueDelivery>>([&](Database& db) { return read_due_deliveries(db, destination, now, limit, except); });
    }
    Result<std::vector<DueDelivery>> due_heads(const std::string& destination, Time now, size_t limit,
                                               std::span<const Uuid> except) override {
        return read<std::vector<DueDelivery>>([&](Database& db) { return read_due_heads(db, destination, now, limit, except); });
    }
    Result<std::optional<Time>> next_due(const std::string& destination) override {
        return read<std::optional<Time>>([&](Database& db) { return read_next_due(db, destination); });
    }
    Result<Page<Delivery>> deliveries(const DeliveryQuery& query) override {
        return read<Page<Delivery>>([&](Database& db) { return list_deliveries(db, query); });
    }
    Result<std::vector<Attempt>> attempts(Uuid delivery) override {
        return read<std::vector<Attempt>>([&](Database& db) { return read_attempts(db, delivery); });
    }
    Result<std::vector<StateChange>> state(const std::string& scope) override {
        return read<std::vector<StateChange>>([&](Database& db) { return read_state(db, scope); });
    }
    Result<Counts> counts() override {
        return read<Counts>([](Database& db) { return read_counts(db); });
    }

    void on_commit(std::function<void(const Committed&)> callback) override { on_commit_ = std::move(callback); }

    Status start() override {
        if (writer_) return Error{"store: it was started before"};
        const auto path = prepare_file(options_.path);
        if (!path) return path.error();
        auto lock = FileLock::take(*path);
        if (!lock) return lock.error();
        readers_ = std::make_unique<ReaderPool>(*path, options_.vfs);
        writer_ = std::make_unique<Writer>(options_, *readers_, clock_, log_, metrics_);
        writer_->on_commit(std::move(on_commit_));
        if (auto started = writer_->start(*path); !started) return started;
        lock_ = std::move(*lock);
        started_.store(true, std::memory_order_release);
        return Done{};
    }

    void stop() override {
        if (writer_) writer_->stop();
        lock_ = FileLock();
    }

    bool writable() const override { return started_.load(std::memory_order_acquire) && writer_->writable(); }

private:
    Writer* running_writer() { return started_.load(std::memory_order_acquire) ? writer_.get() : nullptr; }

    void write(Write write) {
        if (auto* writer = running_writer()) {
            writer->write(std::move(write));
        } else if (write.done) {
            write.done(Error{"store: it was not started"});
        }
    }

    template <class T, class F>
    Result<T> read(F work) {
        if (!started_.load(std::memory_order_acquire)) return Error{"store: it was not started"};
        try {
            auto lease = readers_->lease();
            return work(*lease);
        } catch (const SqlError& e) {
            return Error{std::string("store: cannot be read: ") + e.what()};
        }
    }

    Options options_;
    const Clock& clock_;
    Log& log_;
    Metrics& metrics_;
    std::function<void(const Committed&)> on_commit_;
    FileLock lock_;
    std::unique_ptr<ReaderPool> readers_;
    std::unique_ptr<Writer> writer_; // ends before the readers and the lock
    std::atomic<bool> started_{false};
};

} // namespace

std::unique_ptr<Store> make_sqlite_store(Options options, const Clock& clock, Log& log, Metrics& metrics) {
    return std::make_unique<SqliteStore>(std::move(options), clock, log, metrics);
}

} // namespace gh::store
