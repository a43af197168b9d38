#include "core/sandbox/receiver.hpp"

#include "core/base/crypto.hpp"
#include "core/base/encoding.hpp"
#include "core/base/json.hpp"

#include <charconv>

namespace gh::sandbox {

namespace {

constexpr size_t k_most_body = 8u << 20;
constexpr size_t k_remembered = 1'000'000;
constexpr Millis k_tolerance = std::chrono::minutes(5); // Standard Webhooks 1.0, "Verifying webhook authenticity"

std::string text(std::optional<std::string_view> value) {
    return value ? std::string(*value) : std::string();
}

/// Printable, short, and without blanks: a sender must not write lines of ours.
std::string shown(std::string_view value) {
    if (value.empty()) return "-";
    std::string out;
    for (const char c : value.substr(0, 80)) out += c > 0x20 && c < 0x7f ? c : '?';
    return out;
}

json::Writer& counts(json::Writer& w, std::string_view name, const std::map<std::string, uint64_t>& map) {
    w.name(name).object();
    for (const auto& [key, n] : map) w.member(key, n);
    return w.end();
}

} // namespace

bool is_genuine(const http::Request& request, const std::vector<std::string>& secrets, Time now) {
    const auto id = request.field("webhook-id"), timestamp = request.field("webhook-timestamp"),
               signatures = request.field("webhook-signature");
    if (!id || id->empty() || !timestamp || !signatures) return false;
    int64_t seconds = 0;
    const auto [end, fault] = std::from_chars(timestamp->data(), timestamp->data() + timestamp->size(), seconds);
    if (fault != std::errc{} || end != timestamp->data() + timestamp->size() || seconds < 0 || seconds > 1'000'000'000'000) return false;
    const Millis age = now - Time(std::chrono::seconds(seconds));
    if (age > k_tolerance || age < -k_tolerance) return false;

    bool genuine = false;
    for (const std::string& secret : secrets) {
        std::string_view coded = secret;
        if (coded.starts_with("whsec_")) coded.remove_prefix(6);
        const auto key = from_base64_lenient(coded);
        if (!key || key->empty()) continue;
        const std::string_view parts[] = {*id, ".", *timestamp, ".", request.body};
        uint8_t digest[64];
        const size_t size = hmac(HashAlgorithm::sha256, *key, parts, digest);
        const std::string expected = "v1," + to_base64({reinterpret_cast<const char*>(digest), size});
        for (std::string_view rest = *signatures; !rest.empty();) {
            const size_t blank = std::min(rest.find(' '), rest.size());
            genuine = equal_constant_time(rest.substr(0, blank), expected) || genuine;
            rest.remove_prefix(std::min(blank + 1, rest.size()));
        }
    }
    return genuine;
}

DeliveryLabel label_of(const http::Request& request) {
    const auto first = [&](std::initializer_list<std::string_view> names) {
        for (const auto name : names)
            if (const auto value = request.field(name)) return std::string(*value);
        return std::string();
    };
    DeliveryLabel out{first({"ce-type", "gatehouse-type", "gatehouse-event-type"}), first({"ce-source", "gatehouse-source"}),
                      first({"ce-gatehousepayload", "gatehouse-payload"})};
    const auto body = json::parse(request.body);
    if (!body.ok() || body->kind != json::Kind::object) {
        if (out.payload.empty()) out.payload = "unknown";
        return out;
    }
    const json::Value* inner = &*body;
    if (body->find("specversion")) { // CloudEvents 1.0, structured
        if (out.type.empty()) out.type = body->text_of("type");
        if (out.source.empty()) out.source = body->text_of("source");
        if (const json::Value* data = body->find("data")) inner = data;
    }
    if (out.type.empty()) out.type = inner->text_of("type");
    if (out.source.empty()) out.source = inner->text_of("source");
    if (out.payload.empty()) {
        const bool document = inner->find("document"), notification = inner->find("notification");
        out.payload = document && notification ? "both" : "unknown";
    }
    return out;
}

Receiver::Receiver(ReceiverOptions options, Log& log, Metrics& metrics)
    : options_(std::move(options)), failures_left_(options_.fail_first), server_("receiver", {options_.listen}, {}, *this, log, metrics) {}

Receiver::~Receiver() {
    stop();
}

Status Receiver::start() {
    if (auto started = server_.start(); !started.ok()) return started;
    answerer_ = NamedThread("receiver-later", [this] { answer_later(); });
    return Done{};
}

void Receiver::stop() {
    {
        const std::lock_guard lock(mutex_);
        if (stopping_) return;
        stopping_ = true;
    }
    changed_.notify_all();
    answerer_.join();
    later_.clear();
    server_.drain(Millis(200));
}

http::Admission Receiver::admit(const http::Request&) {
    return http::Admitted{k_most_body, nullptr};
}

void Receiver::handle(std::vector<http::Exchange> exchanges) {
    for (auto& exchange : exchanges) {
        const http::Request& request = exchange.request();
        if (request.method == "GET" && request.path == "/counters") {
            exchange.respond({.status = 200, .fields = {{"Content-Type", "application/json"}}, .body = counters_json()});
        } else if (request.method != "POST") {
            exchange.respond(http::problem(405, "Method not allowed", "Deliveries are POST; GET /counters tells what came."));
        } else if (auto response = receive(request); options_.delay.count() == 0) {
            exchange.respond(std::move(response));
        } else {
            const auto shared = std::make_shared<http::Exchange>(std::move(exchange));
            const std::lock_guard lock(mutex_);
            later_.emplace_back(Steady::now() + options_.delay, [shared, response = std::move(response)] { shared->respond(response); });
            changed_.notify_one();
        }
    }
}

void Receiver::answer_later() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        if (later_.empty()) {
            changed_.wait(lock);
        } else if (const auto when = later_.front().first; when > Steady::now()) {
            changed_.wait_until(lock, when);
        } else {
            const auto answer = std::move(later_.front().second);
            later_.pop_front();
            lock.unlock();
            answer();
            lock.lock();
        }
    }
}

http::Response Receiver::receive(const http::Request& request) {
    const bool genuine = is_genuine(request, options_.secrets, SystemClock().now());
    const std::string id = text(request.field("webhook-id"));
    const DeliveryLabel label = label_of(request);
    http::Response response{.status = 204, .fields = {}, .body = {}};
    bool again = false;
    {
        const std::lock_guard lock(mutex_);
        ++counters_.received;
        if (!genuine) {
            ++counters_.unverified;
            response = http::problem(401, "Unauthorized", "The signature does not match.");
        } else if (failures_left_ > 0) {
            --failures_left_;
            ++counters_.refused;
            response = http::problem(options_.fail_status, "Refused on purpose");
        } else {
            ++counters_.verified;
            again = !seen_.insert(id).second;
            if (again) {
                ++counters_.duplicates;
            } else {
                seen_order_.push_back(id);
                ++counters_.by_source[label.source];
                ++counters_.by_type[label.type];
            }
            if (seen_order_.size() > k_remembered) {
                seen_.erase(seen_order_.front());
                seen_order_.pop_front();
            }
        }
    }
    if (options_.line)
        options_.line(shown(id) + " type=" + shown(label.type) + " source=" + shown(label.source) + " verified=" +
                      (genuine ? "yes" : "no") + " bytes=" + std::to_string(request.body.size()) + " payload=" + shown(label.payload) +
                      (again ? " duplicate" : "") + (response.status == 204 ? "" : " answered=" + std::to_string(response.status)));
    return response;
}

Counters Receiver::counters() const {
    const std::lock_guard lock(mutex_);
    return counters_;
}

std::string Receiver::counters_json() const {
    const Counters c = counters();
    json::Writer w;
    w.object().member("received", c.received).member("verified", c.verified).member("unverified", c.unverified);
    w.member("duplicates", c.duplicates).member("refused", c.refused);
    counts(w, "by_source", c.by_source);
    counts(w, "by_type", c.by_type);
    return w.end().take();
}

} // namespace gh::sandbox
