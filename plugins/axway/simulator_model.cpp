#include "simulator_model.hpp"

#include <gatehouse/iso_time.hpp>

#include <algorithm>

#include "document_diff.hpp"

namespace axway::sim {

namespace {

// Beyond double precision on purpose: what reads numbers as doubles shows.
constexpr std::string_view k_first_payload =
    R"({"sequence":0,"account":{"id":9223372036854775807,"holder":"Zo\u00eb / \"O'Hara\"~1"},)"
    R"("rate":3.14159265358979323846264338327,"balance":-0.10,"total":123456789012345678901234567890,)"
    R"("positions":[{"symbol":"AXW","quantity":10,"price":"12.50"}],"closed":false,"note":null})";

node_ptr scalar(json::kind kind, std::string token) {
    auto n = std::make_unique<node>();
    n->type = kind;
    n->token = std::move(token);
    return n;
}

node_ptr parsed(const std::string& text) {
    const json::document d = json::parse(text);
    return d ? make_tree(d.root()) : nullptr;
}

/// By value, so that "positions" grows, shrinks and changes in the middle, and members come and go.
void change(node& root, uint64_t n) {
    const auto position = [&] {
        return parsed(R"({"symbol":"P)" + std::to_string(n) + R"(","quantity":)" + std::to_string(n * 1'000'000'007ULL) + R"(,"price":")" +
                      std::to_string(n % 97) + R"(.50"})");
    };
    bool extra = false;
    for (member& m : root.members) {
        if (m.name == "sequence") m.value = scalar(json::kind::number, std::to_string(n));
        if (m.name == "closed") m.value = scalar(json::kind::boolean, n % 2 == 0 ? "false" : "true");
        if (m.name == "extra") extra = true;
        if (m.name != "positions" || m.value->type != json::kind::array) continue;
        auto& list = m.value->items;
        const auto at = list.begin() + static_cast<ptrdiff_t>(list.empty() ? 0 : n % list.size());
        if (list.size() < 3 || (n % 3 == 0 && list.size() < 12))
            list.insert(at, position());
        else if (n % 3 == 1)
            list.erase(at);
        else
            *at = position();
    }
    if (n % 5 == 0 && !extra) root.members.push_back({"extra", scalar(json::kind::number, std::to_string(n) + ".000000000000000000001")});
    if (n % 5 == 3 && extra) std::erase_if(root.members, [](const member& m) { return m.name == "extra"; });
}

} // namespace

const std::vector<tamper_info>& tampers() {
    static const std::vector<tamper_info> list = {
        {"wrong-token", "comes with a token that was never issued", "token_unknown"},
        {"expired-token", "comes with the first token that the subscription got: refused once its life and grace are over",
         "token_expired"},
        {"missing-token", "comes without Authorization", "header_missing"},
        {"wrong-header", "comes with another value in each of the webhookHeaders", "secret_mismatch"},
        {"foreign-subscription", "names a subscription that is not ours", "subscription_foreign"},
        {"duplicate-event-id", "is sent twice with one event id: one event, applied once", ""},
        {"broken-patch", "genuine, but the patch does not apply: the document becomes stale", ""},
        {"bare-patch", "a patch that is one bare operation instead of an array", ""},
        {"out-of-order", "the next two patches are sent the wrong way round", ""},
        {"unknown-type", "a type that the documentation does not have: must be stored", ""},
        {"test-call", "a body of any kind, with no event id and no type", ""},
    };
    return list;
}

const tamper_info* find_tamper(std::string_view name) {
    for (const tamper_info& t : tampers())
        if (t.name == name) return &t;
    return nullptr;
}

std::string_view category_of(int64_t code) {
    static constexpr int64_t subscription[] = {40000, 40400, 40404, 40405}, server[] = {50000, 50500, 50503},
                             publication[] = {70000, 70001, 70002, 70012, 70013, 70014, 70015, 70016, 70300, 70400, 70401,
                                              70403, 70404, 70405, 70406, 70408, 70410, 70429, 70500, 70502, 70503, 70504};
    const auto in = [code](const auto& list) { return std::find(std::begin(list), std::end(list), code) != std::end(list); };
    return in(subscription) ? "subscription" : code == 60000 ? "topic" : in(server) ? "server" : in(publication) ? "publication" : "";
}

topic& model::add_topic(std::string name, std::string payload_type, bool always_on) {
    auto t = std::make_unique<topic>();
    t->id = uuid(host_);
    t->name = std::move(name);
    t->payload_type = std::move(payload_type);
    t->always_on = always_on;
    t->created = host_.now();
    topics_.push_back(std::move(t));
    return *topics_.back();
}

topic* model::find_topic(std::string_view key) {
    for (const auto& t : topics_)
        if (t->id == key || t->name == key) return t.get();
    return nullptr;
}

subscription& model::add(const topic& t, std::string url, std::string mode) {
    auto s = std::make_unique<subscription>();
    s->id = uuid(host_);
    s->pipeline = uuid(host_);
    s->topic_id = t.id;
    s->url = std::move(url);
    s->mode = std::move(mode);
    s->created = host_.now();
    subscriptions_.push_back(std::move(s));
    return *subscriptions_.back();
}

bool model::remove(std::string id) {
    return std::erase_if(subscriptions_, [&](const auto& s) { return s->id == id; }) > 0;
}

subscription* model::find(std::string_view id) {
    for (const auto& s : subscriptions_)
        if (s->id == id) return s.get();
    return nullptr;
}

bool model::listened_to(const topic& t) const {
    return std::any_of(subscriptions_.begin(), subscriptions_.end(),
                       [&](const auto& s) { return s->topic_id == t.id && s->status == "active"; });
}

delivery& model::put(subscription& s, std::string event_id, std::string type, std::string body, const tamper_info* tamper) {
    delivery d;
    d.event_id = std::move(event_id);
    d.type = std::move(type);
    d.body = std::move(body);
    d.tamper = tamper;
    s.queue.push_back(std::move(d));
    return s.queue.back();
}

void model::start(subscription& s) {
    topic* t = find_topic(s.topic_id);
    if (!t || s.started || t->payload_type != "snapshot" || t->payload.empty()) return;
    s.started = true;
    put(s, t->next_event(), "snapshot", t->payload, nullptr);
}

std::vector<std::string> model::publish(topic& t, const std::string& payload, const tamper_info* tamper) {
    std::vector<std::string> ids;
    const node_ptr now = parsed(payload), before = t.payload.empty() ? nullptr : parsed(t.payload);
    if (!now) throw gatehouse::command_error::invalid("payload: is not JSON");
    if (t.payload_type == "snapshot" && before && equal(*before, *now, comparison::by_text)) return ids;
    t.payload = payload;
    const std::string id = t.next_event();
    for (const auto& s : subscriptions_) {
        if (s->topic_id != t.id || s->status != "active") continue;
        ids.push_back(id);
        if (t.payload_type == "event")
            put(*s, id, "event", payload, tamper);
        else if (s->mode == "snapshot-only" || !std::exchange(s->started, true))
            put(*s, id, "snapshot", payload, tamper);
        else
            put(*s, id, "patch", diff(*before, *now), tamper);
    }
    return ids;
}

std::string model::fail(topic& t, int64_t code) {
    const std::string id = t.next_event();
    for (const auto& s : subscriptions_) {
        if (s->topic_id != t.id || s->status != "active") continue;
        const json::object body{{"datetime", gatehouse::utc_text(host_.wall_now())},
                                {"subscriptionId", s->id},
                                {"code", code},
                                {"category", category_of(code)},
                                {"message", "Simulated error"}};
        put(*s, id, "error", body.text(), nullptr);
    }
    return id;
}

std::string model::changed(topic& t) {
    const uint64_t n = ++changes_;
    if (t.payload_type == "event")
        return json::object{{"Status", n % 2 ? "Working" : "Closed"},
                            {"ChangeEventHeader", json::object{{"entityName", "Lead"}, {"changeType", "UPDATE"}, {"commitNumber", n}}}}
            .text();
    node_ptr root = parsed(t.payload.empty() ? std::string(k_first_payload) : t.payload);
    if (root->type != json::kind::object) root = parsed(std::string(k_first_payload));
    change(*root, n);
    return to_text(*root);
}

} // namespace axway::sim
