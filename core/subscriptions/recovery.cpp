#include "core/subscriptions/recovery.hpp"

#include "core/plugin/vault.hpp"
#include "core/subscriptions/record.hpp"

#include <algorithm>

namespace gh::subscriptions {

using plugin::Json;
using namespace std::chrono_literals;

namespace {

constexpr const char* k_gateway = "gateway"; // scope of what is true of the whole process
constexpr size_t k_most_runs = 100;
constexpr Millis k_margin = 1min; // before an outage: what was sent just then may not have arrived

Json read_state(store::Store& store, const std::string& scope, const std::string& key) {
    const auto entries = store.state(scope);
    if (entries)
        for (const auto& [name, value] : *entries)
            if (name == key && value)
                if (auto json = Json::parse(*value)) return std::move(*json);
    return json_object();
}

std::optional<Time> time_of(const Json& object, std::string_view name) {
    return parse_rfc3339(text_of(object, name));
}

} // namespace

Recoveries::Recoveries(Parts parts) : parts_(std::move(parts)) {}
Recoveries::~Recoveries() {
    stop();
}

void Recoveries::start() {
    note_outage();
    write_alive();
    beating_ = std::make_unique<NamedThread>("heartbeat", [this] { beat(); });
}

void Recoveries::stop() {
    {
        const std::lock_guard lock(mutex_);
        if (stop_) return;
        stop_ = true;
    }
    changed_.notify_all();
    if (!beating_) return;
    beating_.reset();
    for (auto& run : runs_) run->thread.join();
    write_alive();
}

void Recoveries::beat() {
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, parts_.heartbeat, [&] { return stop_; })) {
        lock.unlock();
        write_alive();
        lock.lock();
    }
}

void Recoveries::write_alive() {
    const auto written = committed([&](store::WriteDone done) {
        parts_.store.put_state(k_gateway, {{"alive", "{\"at\":\"" + to_rfc3339(parts_.clock.now()) + "\"}"}}, std::move(done));
    });
    if (!written) parts_.log.warning("recovery", "the heartbeat was not written", {{"error", written.error().message}});
}

void Recoveries::note_outage() {
    const auto alive = time_of(read_state(parts_.store, k_gateway, "alive"), "at");
    const Time now = parts_.clock.now();
    if (!alive || now - *alive < parts_.least_outage) return;
    Json outage = json_object();
    set(outage, "from", json_text(to_rfc3339(*alive)));
    set(outage, "to", json_text(to_rfc3339(now)));
    for (const auto& name : parts_.names()) {
        std::string reason;
        const auto source = parts_.find(name, reason);
        if (!source || !find_kind(*source, "recover")) continue;
        // One that was not recovered yet is not forgotten for a later one.
        const auto scope = plugin::Vault::scope(name);
        Json mine = outage;
        if (const auto before = time_of(read_state(parts_.store, scope, "outage"), "from"))
            set(mine, "from", json_text(to_rfc3339(*before)));
        const auto written = committed([&](store::WriteDone done) {
            parts_.store.put_state(scope, {{"outage", mine.write()}}, std::move(done));
        });
        if (!written) parts_.log.error("recovery", "the outage could not be noted", {{"source", name}, {"error", written.error().message}});
        if (source->config().recover_automatically) {
            const auto begun = begin({name, std::nullopt, std::nullopt, false});
            if (!begun) parts_.log.error("recovery", "not begun", {{"source", name}, {"error", begun.error().message}});
            continue;
        }
        parts_.log.warning("recovery",
                           "the gateway was away; what was missed can be asked for: gatehouse recover --source " + name +
                               " (recover: auto does it by itself)",
                           {{"source", name}, {"from", to_rfc3339(*alive)}, {"to", to_rfc3339(now)}});
    }
}

Time Recoveries::default_since(const std::string& source, std::optional<std::string>& cursor, bool& resumed, Time& until) const {
    const auto scope = plugin::Vault::scope(source);
    const Json last = read_state(parts_.store, scope, "recovery");
    if (const auto since = time_of(last, "since"); since && text_of(last, "status") == "running") {
        resumed = true;
        if (auto at = text_of(last, "cursor"); !at.empty()) {
            cursor = std::move(at);
            if (const auto to = time_of(last, "until")) until = *to;
        }
        return *since;
    }
    if (const auto from = time_of(read_state(parts_.store, scope, "outage"), "from")) return *from - k_margin;
    return until - 24h;
}

Result<RecoveryView> Recoveries::begin(RecoveryOrder order) {
    std::string reason;
    const auto source = parts_.find(order.source, reason);
    if (!source) return Error{reason};
    if (!find_kind(*source, "recover"))
        return Error{"plugin " + source->plugin_name() +
                     " cannot recover missed events (its provider offers no such call, or the settings lack "
                     "what it needs; see the plugin's README)"};
    auto run = std::make_shared<Run>();
    RecoveryView& v = run->view;
    v.started_at = parts_.clock.now();
    v.id = Uuid::v7(v.started_at);
    v.until = order.until.value_or(v.started_at);
    std::optional<std::string> cursor;
    v.since = order.since ? *order.since : default_since(order.source, cursor, v.resumed, v.until);
    if (order.dry_run) cursor.reset(); // a count of the whole, and no mark of it afterwards
    if (v.since >= v.until) return Error{"\"since\" must be before \"until\""};
    v.order = std::move(order);
    {
        const std::lock_guard lock(mutex_);
        if (stop_) return Error{"the server is ending"};
        for (const auto& other : runs_)
            if (!other->view.finished_at && other->view.order.source == v.order.source)
                return Error{"a recovery of source " + v.order.source + " is under way: " + other->view.id.text()};
        while (runs_.size() >= k_most_runs) {
            const auto ended = std::find_if(runs_.begin(), runs_.end(), [](const auto& r) { return r->view.finished_at.has_value(); });
            if (ended == runs_.end()) return Error{"too many recoveries are under way"};
            (*ended)->thread.join();
            runs_.erase(ended);
        }
        runs_.push_back(run);
        run->cursor = std::move(cursor);
        // The thread belongs to the run, which outlives it; it begins with the view, which this lock guards.
        run->thread = NamedThread("recovery", [this, source, mine = run.get()] { work(*mine, source); });
        return v;
    }
}

} // namespace gh::subscriptions
