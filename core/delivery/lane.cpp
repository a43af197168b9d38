#include "core/delivery/lane.hpp"

#include "core/base/crypto.hpp"
#include "core/delivery/message.hpp"

#include <algorithm>
#include <cstring>

namespace gh::delivery {

namespace {

constexpr size_t k_read_ahead = 4;       ///< deliveries read per one that may run
constexpr size_t k_unrecorded = 4;       ///< attempts per one that may run whose record waits for the disk
constexpr size_t k_kept_response = 1024; ///< bytes of an answer kept with its attempt
constexpr Millis k_store_pause{500};
constexpr Millis k_look_pause{1'000}; ///< while the earliest due delivery is one that cannot start
constexpr Millis k_longest_record_pause{30'000};

double jitter() {
    // Spread over destinations and processes, so that what failed together does not come back together.
    const std::string bytes = random_bytes(4);
    uint32_t value = 0;
    std::memcpy(&value, bytes.data(), sizeof value);
    return value / 2147483647.5 - 1.0;
}

std::string without_user_info(const std::string& url) {
    const size_t scheme = url.find("://");
    if (scheme == std::string::npos) return url;
    const size_t end = std::min(url.find_first_of("/?#", scheme + 3), url.size());
    const size_t at = url.rfind('@', end);
    if (at == std::string::npos || at < scheme + 3) return url;
    return url.substr(0, scheme + 3) + url.substr(at + 1);
}

} // namespace

Lane::Lane(std::string name, std::shared_ptr<Standing> standing, Tools& tools)
    : name_(std::move(name)),
      standing_(std::move(standing)),
      tools_(tools),
      seconds_(
          tools.metrics.histogram("gatehouse_delivery_seconds", "One delivery attempt, from queueing to the last byte.", latency_bounds())),
      dead_(tools.metrics.counter("gatehouse_dead_total", "Deliveries given up after their last attempt.", {{"destination", name_}})) {}

void Lane::configure(std::shared_ptr<const config::Destination> config) {
    config_ = std::move(config);
    retired_ = false;
    look_ = true;
    ready_.clear();
    std::string fault;
    auto signer = Signer::open(config_->secrets);
    const auto rule = egress::rule_for(config_->url);
    if (!signer.ok())
        fault = config_->position.text() + ": " + signer.error().message;
    else if (!rule.ok())
        fault = config_->position.text() + ": " + rule.error().message;
    usable_ = fault.empty();
    if (usable_) {
        signer_.emplace(std::move(signer).value());
        policy_ = std::make_shared<egress::Policy>(std::vector<egress::Rule>{*rule});
    } else {
        tools_.log.error("delivery", "destination cannot be used: its deliveries wait", {{"destination", name_}, {"reason", fault}});
    }
    standing_->describe(without_user_info(config_->url), fault);
}

void Lane::retire() {
    retired_ = true;
    ready_.clear();
}

size_t Lane::room() const {
    const auto most = static_cast<size_t>(std::max(1, config_->concurrency));
    const size_t network = standing_->probing() ? 1 : most;
    if (on_network_ >= network || flights_.size() >= most * k_unrecorded) return 0;
    return std::min(network - on_network_, most * k_unrecorded - flights_.size());
}

void Lane::run(Time now) {
    if (retired_ || !usable_) return;
    if (!standing_->known() && !standing_->load().ok()) return;
    if (standing_->may_deliver(now) != Standing::Answer::yes) {
        look_ = look_ || !ready_.empty();
        ready_.clear();
        return;
    }
    while (room() > 0) {
        if (ready_.empty() && !refill(now)) break;
        const store::DueDelivery due = ready_.front();
        ready_.pop_front();
        if (!start(due, now)) break;
    }
    standing_->set_in_flight(flights_.size());
}

bool Lane::refill(Time now) {
    if (!look_ && look_again_ > now) return false;
    std::vector<Uuid> except;
    except.reserve(flights_.size());
    for (const auto& [id, flight] : flights_) except.push_back(id);
    const size_t limit = static_cast<size_t>(std::max(1, config_->concurrency)) * k_read_ahead;
    auto due = config_->ordering == config::Ordering::key ? tools_.store.due_heads(name_, now, limit, except)
                                                          : tools_.store.due_deliveries(name_, now, limit, except);
    look_ = due.ok() && due->size() >= limit;
    if (!due.ok()) {
        tools_.log.error("delivery", "cannot read what is due: " + due.error().message, {{"destination", name_}});
        look_again_ = now + k_store_pause;
        return false;
    }
    look_again_ = Time::max();
    if (const auto next = tools_.store.next_due(name_); !next.ok()) look_again_ = now + k_store_pause;
    // In the past: it is under way, or waits for another one. Both end with a record; this only helps against a clock that was set.
    else if (*next)
        look_again_ = **next > now ? **next : now + k_look_pause;
    ready_.assign(due->begin(), due->end());
    return !ready_.empty();
}

bool Lane::start(const store::DueDelivery& due, Time now) {
    auto event = tools_.store.event(due.event);
    if (!event.ok()) {
        tools_.log.error("delivery", "cannot read the event: " + event.error().message,
                         {{"destination", name_}, {"event", due.event.text()}});
        ready_.clear();
        look_ = false;
        look_again_ = now + k_store_pause;
        return false;
    }
    Flight& flight = flights_[due.id];
    flight.due = due;
    flight.started_at = now;
    if (!event->has_value()) {
        Verdict v;
        v.kind = Verdict::Kind::dead;
        v.outcome = v.family = "no_event";
        v.error = "the event is no longer stored";
        finish(flight, v, {}, now);
        return true;
    }
    egress::Request request = message_for(**event, *config_, *signer_, now);
    ++on_network_;
    tools_.client.send(std::move(request), policy_, [answered = tools_.returns.answered, name = name_, id = due.id](egress::Response r) {
        answered(name, id, std::move(r));
    });
    return true;
}

void Lane::answered(const Uuid& delivery, const egress::Response& response) {
    const auto found = flights_.find(delivery);
    if (found == flights_.end() || found->second.attempt) return;
    Flight& flight = found->second;
    --on_network_;
    if (response.failure == egress::Failure::cancelled) {
        flights_.erase(found); // we ended, not the destination: it stays pending
        standing_->set_in_flight(flights_.size());
        return;
    }
    const Time now = tools_.clock.now();
    Verdict verdict = judge(response, flight.due.attempts, config_->retry, now, jitter());
    seconds_.observe(std::chrono::duration<double>(response.elapsed).count());
    if (verdict.kind == Verdict::Kind::delivered)
        standing_->succeeded();
    else if (verdict.throttle)
        standing_->throttle(now, flight.started_at, verdict.not_before, verdict.error);
    else if (verdict.not_before)
        standing_->hold(*verdict.not_before, verdict.error);
    if (verdict.kind == Verdict::Kind::gone) {
        standing_->disable("it answered 410 Gone");
        tools_.log.warning("delivery", "destination answered 410 Gone and is disabled; its deliveries wait until it is enabled again",
                           {{"destination", name_}});
    }
    finish(flight, std::move(verdict), response, now);
}

void Lane::finish(Flight& flight, Verdict verdict, const egress::Response& response, Time now) {
    store::NewAttempt attempt;
    attempt.id = Uuid::v7(now);
    attempt.delivery = flight.due.id;
    attempt.started_at = flight.started_at;
    attempt.duration = response.elapsed;
    attempt.status = response.status;
    attempt.outcome = verdict.outcome;
    attempt.error = verdict.error;
    attempt.response = response.body.substr(0, k_kept_response);
    attempt.next_attempt_at = verdict.next;
    if (verdict.kind == Verdict::Kind::delivered) attempt.delivery_status = store::DeliveryStatus::delivered;
    if (verdict.kind == Verdict::Kind::dead) attempt.delivery_status = store::DeliveryStatus::dead;

    count(verdict.family);
    const std::string event = flight.due.event.text(), delivery = flight.due.id.text();
    if (verdict.kind == Verdict::Kind::delivered) {
        tools_.log.debug("delivery", "delivered", {{"destination", name_}, {"event", event}, {"delivery", delivery}});
    } else {
        const bool dead = verdict.kind == Verdict::Kind::dead;
        if (dead) dead_.add();
        tools_.log.warning(
            "delivery",
            dead ? "delivery given up: it is in the dead letters, from where it can be retried" : "delivery failed, to be tried again",
            {{"destination", name_},
             {"event", event},
             {"delivery", delivery},
             {"reason", verdict.outcome},
             {"error", verdict.error},
             {"attempt", flight.due.attempts + 1}});
    }
    flight.attempt = std::move(attempt);
    record(flight);
}

void Lane::count(std::string_view family) {
    tools_.metrics
        .counter("gatehouse_delivery_attempts_total", "Delivery attempts.", {{"destination", name_}, {"outcome", std::string(family)}})
        .add();
}

void Lane::record(Flight& flight) {
    flight.recording = true;
    tools_.store.record_attempt(*flight.attempt, [recorded = tools_.returns.recorded, name = name_,
                                                  id = flight.due.id](const Status& done) { recorded(name, id, done); });
}

void Lane::recorded(const Uuid& delivery, const Status& done) {
    const auto found = flights_.find(delivery);
    if (found == flights_.end()) return;
    Flight& flight = found->second;
    flight.recording = false;
    if (done.ok()) {
        if (const auto next = flight.attempt->next_attempt_at) look_again_ = std::min(look_again_, *next);
        // Room, or the next one of the same ordering key.
        if (config_->ordering == config::Ordering::key) look_ = true;
        flights_.erase(found);
        standing_->set_in_flight(flights_.size());
        return;
    }
    // Attempting again before this is on disk would forget that it was delivered.
    const int doublings = std::min(flight.record_failures++, 6);
    flight.record_after = Steady::now() + std::min(k_store_pause * (1 << doublings), k_longest_record_pause);
    if (flight.record_failures == 1)
        tools_.log.error("delivery", "cannot record an attempt, trying on: " + done.error().message,
                         {{"destination", name_}, {"delivery", delivery.text()}});
    if (!tools_.store.writable() || still_there(delivery)) return;
    flights_.erase(found); // removed with its event: there is nothing left to record
    standing_->set_in_flight(flights_.size());
}

bool Lane::still_there(const Uuid& delivery) const {
    store::DeliveryQuery query;
    query.id = delivery;
    query.limit = 1;
    const auto page = tools_.store.deliveries(query);
    return !page.ok() || !page->items.empty();
}

void Lane::record_again() {
    const auto now = Steady::now();
    for (auto& [id, flight] : flights_)
        if (flight.attempt && !flight.recording && flight.record_after <= now) record(flight);
    standing_->save_again();
}

bool Lane::owes_store() const {
    return !standing_->known() || !standing_->saved() ||
           std::any_of(flights_.begin(), flights_.end(), [](const auto& f) { return f.second.attempt && !f.second.recording; });
}

std::optional<Time> Lane::next() const {
    if (retired_ || !usable_) return std::nullopt;
    const Time now = tools_.clock.now();
    switch (standing_->may_deliver(now)) {
        case Standing::Answer::no:
            return std::nullopt;
        case Standing::Answer::later:
            return standing_->throttled_until();
        case Standing::Answer::yes:
            break;
    }
    if (room() == 0) return std::nullopt; // until an answer or a record
    return look_ || !ready_.empty() ? now : look_again_;
}

} // namespace gh::delivery
