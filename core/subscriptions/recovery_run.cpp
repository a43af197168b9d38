// One run of a recovery: pages, what is new in them, and where it stands.
#include "core/plugin/vault.hpp"
#include "core/subscriptions/record.hpp"
#include "core/subscriptions/recovery.hpp"

#include <algorithm>
#include <future>

namespace gh::subscriptions {

using plugin::Json;
using namespace std::chrono_literals;

namespace {

constexpr int64_t k_page = 500;
constexpr size_t k_most_lost = 1'000;
constexpr size_t k_most_read = 1'000'000; // stored events whose words are read; some 500 bytes of memory each
constexpr Millis k_words_margin = 10min;  // a notification may have come a little before the provider's time of it
constexpr size_t k_append = 200;          // events per commit: others want to store too
constexpr Millis k_first_pause = 2s, k_longest_pause = 5min;
constexpr auto k_patience = 1h; // of failures in a row

Result<std::vector<store::Appended>> append(store::Store& store, std::vector<store::NewEvent> events) {
    const auto promise = std::make_shared<std::promise<std::vector<store::Appended>>>();
    auto future = promise->get_future();
    const bool taken = store.append(std::move(events), [promise](std::span<const store::Appended> all) {
        promise->set_value(std::vector<store::Appended>(all.begin(), all.end()));
    });
    if (!taken) return Error{"the store's queue is full"};
    if (future.wait_for(30s) != std::future_status::ready) return Error{"the store did not answer within 30 s"};
    return future.get();
}

} // namespace

bool Recoveries::ends(const Run& run) const {
    const std::lock_guard lock(mutex_);
    return stop_ || run.cancel;
}

bool Recoveries::pause(Run& run, Millis wait) {
    std::unique_lock lock(mutex_);
    return !changed_.wait_for(lock, wait, [&] { return stop_ || run.cancel; });
}

void Recoveries::end(Run& run, std::string status, std::string error) {
    if (!run.view.order.dry_run && status != "interrupted")
        if (const auto kept = remember(run, status); !kept && error.empty()) error = kept.error().message;
    const std::lock_guard lock(mutex_);
    run.view.status = status == "interrupted" ? "cancelled" : std::move(status);
    run.view.error = std::move(error);
    run.view.finished_at = parts_.clock.now();
    run.words.reset();
    const auto& v = run.view;
    parts_.log.info("recovery", "ended",
                    {{"source", v.order.source},
                     {"status", v.status},
                     {"pages", v.pages},
                     {"found", v.found},
                     {"stored", v.stored},
                     {"known", v.known},
                     {"unrecoverable", v.lost_count},
                     {"error", v.error}});
}

Status Recoveries::remember(const Run& run, std::string_view status) {
    Json state = json_object();
    const auto& v = run.view;
    set(state, "status", json_text(status == "done" || status == "cancelled" ? status : "running"));
    set(state, "since", json_text(to_rfc3339(v.since)));
    set(state, "until", json_text(to_rfc3339(v.until)));
    if (run.cursor) set(state, "cursor", json_text(*run.cursor));
    std::vector<store::StateChange> changes{{"recovery", state.write()}};
    if (status == "done") {
        const auto entries = parts_.store.state(plugin::Vault::scope(v.order.source));
        if (entries)
            for (const auto& [key, value] : *entries) {
                if (key != "outage" || !value) continue;
                const auto outage = Json::parse(*value);
                const auto from = outage ? parse_rfc3339(text_of(*outage, "from")) : std::nullopt;
                const auto to = outage ? parse_rfc3339(text_of(*outage, "to")) : std::nullopt;
                if (!from || !to || (v.since <= *from && *to <= v.until)) changes.push_back({"outage", std::nullopt});
            }
    }
    return committed(
        [&](store::WriteDone done) { parts_.store.put_state(plugin::Vault::scope(v.order.source), std::move(changes), std::move(done)); });
}

void Recoveries::work(Run& run, const std::shared_ptr<plugin::Source>& opened) {
    std::optional<Steady::time_point> failing_since;
    Millis wait = k_first_pause;
    const bool dry = run.view.order.dry_run;
    if (!dry)
        if (const auto kept = remember(run, "running"); !kept) return end(run, "failed", kept.error().message);
    std::string name = run.view.order.source;
    for (bool resumed = run.cursor.has_value();;) {
        if (ends(run)) {
            const std::lock_guard lock(mutex_);
            run.view.status = run.cancel ? "cancelled" : "interrupted";
        }
        if (ends(run)) return end(run, run.view.status, "");
        // A reload may have opened the source anew, with another key.
        std::string reason;
        auto source = parts_.find(name, reason);
        if (!source) source = opened;
        Millis retry_after{0};
        std::string error;
        const Outcome outcome = page(run, source, retry_after, error);
        if (outcome == Outcome::last) return end(run, "done", "");
        if (outcome == Outcome::more) {
            failing_since.reset();
            wait = k_first_pause;
            resumed = false;
            if (!dry)
                if (const auto kept = remember(run, "running"); !kept) return end(run, "failed", kept.error().message);
            continue;
        }
        if (outcome == Outcome::failed) {
            // A mark from the last run may have become stale: once from the beginning, the dedupe knows the rest.
            if (!resumed) return end(run, "failed", error);
            resumed = false;
            run.cursor.reset();
            continue;
        }
        const auto now = Steady::now();
        if (!failing_since) failing_since = now;
        if (now - *failing_since > k_patience) return end(run, "failed", error + " (for an hour; begin it again later)");
        const Millis pause_for = std::max(wait, retry_after);
        {
            const std::lock_guard lock(mutex_);
            run.view.status = "waiting";
            run.view.error = error;
        }
        parts_.log.warning("recovery", "the provider cannot be asked just now",
                           {{"source", name}, {"error", error}, {"seconds", pause_for.count() / 1000}});
        pause(run, pause_for);
        wait = std::min(wait * 2, k_longest_pause);
    }
}

Recoveries::Outcome Recoveries::page(Run& run, const std::shared_ptr<plugin::Source>& source, Millis& retry_after, std::string& error) {
    const auto* operation = find_kind(*source, "recover");
    if (!operation) {
        error = "the source's plugin cannot recover any more";
        return Outcome::failed;
    }
    Json arguments = json_object();
    set(arguments, "since", json_text(to_rfc3339(run.view.since)));
    set(arguments, "until", json_text(to_rfc3339(run.view.until)));
    set(arguments, "cursor", run.cursor ? json_text(*run.cursor) : Json());
    set(arguments, "limit", json_number(k_page));
    const auto end = parts_.operations.call(source, operation->name, arguments.write(), 5min);
    using Kind = OperationEnd::Kind;
    if (!end.ok()) {
        error = end.text;
        retry_after = end.retry_after;
        return end.kind == Kind::retry ? Outcome::again : Outcome::failed;
    }
    auto read = read_page(end.body, *source, parts_.clock.now());
    if (!read) {
        error = read.error().message;
        return Outcome::failed;
    }
    if (read->cursor && read->cursor == run.cursor) {
        error = "the plugin's cursor does not move on; this would go round for ever";
        return Outcome::failed;
    }
    if (const auto stored = store_page(run, *read); !stored) {
        error = stored.error().message;
        return Outcome::again;
    }
    run.cursor = std::move(read->cursor);
    return run.cursor ? Outcome::more : Outcome::last;
}

Status Recoveries::read_words(Run& run) {
    run.words.emplace();
    store::EventQuery query;
    query.source = run.view.order.source;
    query.since = run.view.since - k_words_margin;
    query.limit = 500;
    for (size_t read = 0; read < k_most_read && !ends(run);) {
        auto page = parts_.store.events(query);
        if (!page) return page.error();
        for (const auto& summary : page->items) {
            // What was refused was never taken for the provider's.
            if (summary.status == store::EventStatus::refused) continue;
            auto event = parts_.store.event(summary.id);
            if (!event) return event.error();
            if (*event) run.words->add((*event)->type, (*event)->request.body);
        }
        read += page->items.size();
        query.cursor = page->next;
        if (query.cursor.empty()) break;
    }
    return Done{};
}

Status Recoveries::store_page(Run& run, RecoveredPage& page) {
    uint64_t found = page.events.size(), stored = 0, known = 0;
    const bool named = std::any_of(page.events.begin(), page.events.end(), [](const auto& one) { return !one.word.empty(); });
    if (named && !run.words)
        if (const auto read = read_words(run); !read) {
            run.words.reset();
            return read;
        }
    std::vector<store::NewEvent> fresh;
    for (auto& one : page.events) {
        if (run.words && run.words->has(one.event.type, one.word)) {
            ++known;
            continue;
        }
        one.event.probe = run.view.order.dry_run;
        fresh.push_back(one.event);
    }
    for (size_t at = 0; at < fresh.size(); at += k_append) {
        const auto begin = fresh.begin() + static_cast<ptrdiff_t>(at);
        const auto last = fresh.begin() + static_cast<ptrdiff_t>(std::min(at + k_append, fresh.size()));
        const auto results = append(parts_.store, {std::make_move_iterator(begin), std::make_move_iterator(last)});
        if (!results) return results.error();
        for (const auto& r : *results) {
            if (r.outcome == store::Appended::Outcome::failed) return Error{r.error};
            ++(r.outcome == store::Appended::Outcome::stored ? stored : known);
        }
    }
    // Only now: a page that is asked for again must not find itself.
    if (run.words)
        for (const auto& one : page.events) run.words->add(one.event.type, one.event.request.body);
    if (!run.view.order.dry_run && stored > 0)
        parts_.metrics
            .counter("gatehouse_recovered_total", "Events brought back from providers' records.", {{"source", run.view.order.source}})
            .add(stored);
    const std::lock_guard lock(mutex_);
    RecoveryView& v = run.view;
    ++v.pages;
    v.found += found;
    v.stored += stored;
    v.known += known;
    v.lost_count += page.lost.size();
    v.status = "running";
    v.error.clear();
    for (auto& one : page.lost)
        if (v.lost.size() < k_most_lost) v.lost.push_back(std::move(one));
    return Done{};
}

std::optional<RecoveryView> Recoveries::show(Uuid id) const {
    const std::lock_guard lock(mutex_);
    for (const auto& run : runs_)
        if (run->view.id == id) return run->view;
    return std::nullopt;
}

std::vector<RecoveryView> Recoveries::list() const {
    const std::lock_guard lock(mutex_);
    std::vector<RecoveryView> out;
    for (auto at = runs_.rbegin(); at != runs_.rend(); ++at) out.push_back((*at)->view);
    return out;
}

bool Recoveries::cancel(Uuid id) {
    {
        const std::lock_guard lock(mutex_);
        const auto run = std::find_if(runs_.begin(), runs_.end(), [&](const auto& r) { return r->view.id == id; });
        if (run == runs_.end()) return false;
        (*run)->cancel = true;
    }
    changed_.notify_all();
    return true;
}

} // namespace gh::subscriptions
