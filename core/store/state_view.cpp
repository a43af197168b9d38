#include "core/store/state_view.hpp"

#include "core/store/event_reader.hpp"
#include "core/store/sqlite.hpp"

namespace gh::store {

namespace {

constexpr const char* k_only_state = "only state can be read here";

Error not_here() {
    return Error{k_only_state};
}

class StateView final : public Store {
public:
    explicit StateView(std::string path) : path_(std::move(path)) {}

    Result<std::vector<StateChange>> state(const std::string& scope) override {
        try {
            Database db(path_, "", false);
            db.exec("PRAGMA query_only = ON");
            return read_state(db, scope);
        } catch (const SqlError& e) {
            return Error{"store: " + path_ + ": " + e.what()};
        }
    }

    bool append(std::vector<NewEvent>, AppendDone) override { return false; }
    void quarantine(NewRefused) override {}
    void release(Uuid, NewEvent, AppendDone done) override {
        const Appended failed{Appended::Outcome::failed, {}, 0, k_only_state};
        done({&failed, 1});
    }
    void finish_fetch(FetchOutcome, WriteDone done) override { done(not_here()); }
    void record_attempt(NewAttempt, WriteDone done) override { done(not_here()); }
    void add_deliveries(Uuid, std::vector<NewDelivery>, WriteDone done) override { done(not_here()); }
    void retry_deliveries(std::vector<Uuid>, WriteDone done) override { done(not_here()); }
    void put_state(std::string, std::vector<StateChange>, WriteDone done) override { done(not_here()); }

    Result<std::optional<Event>> event(Uuid) override { return not_here(); }
    Result<Page<EventSummary>> events(const EventQuery&) override { return not_here(); }
    Result<int64_t> last_seq() override { return not_here(); }
    Result<std::vector<PendingEvent>> pending_events(const std::string&, Time, size_t, std::span<const Uuid>) override {
        return not_here();
    }
    Result<std::optional<Time>> next_fetch_due(const std::string&, Time) override { return not_here(); }
    Result<std::vector<DueDelivery>> due_deliveries(const std::string&, Time, size_t, std::span<const Uuid>) override { return not_here(); }
    Result<std::optional<Time>> next_due(const std::string&) override { return not_here(); }
    Result<Page<Delivery>> deliveries(const DeliveryQuery&) override { return not_here(); }
    Result<std::vector<Attempt>> attempts(Uuid) override { return not_here(); }
    Result<Counts> counts() override { return not_here(); }

    void on_commit(std::function<void(const Committed&)>) override {}
    Status start() override { return Done{}; }
    void stop() override {}
    bool writable() const override { return false; }

private:
    const std::string path_;
};

} // namespace

std::unique_ptr<Store> make_state_view(std::string path) {
    return std::make_unique<StateView>(std::move(path));
}

} // namespace gh::store
