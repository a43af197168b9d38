#include "simulator_model.hpp"

#include <algorithm>

namespace basiq::sim {

namespace {

using namespace std::chrono_literals;
constexpr auto k_day = std::chrono::hours(24);

} // namespace

const std::vector<type_info>& event_types() {
    static const std::vector<type_info> types = {
        {"account.updated", "Account attributes have changed, except for the balance."},
        {"connection.activated", "A connection works again."},
        {"connection.created", "A connection was created."},
        {"connection.deleted", "A connection was deleted."},
        {"connection.invalidated", "A connection no longer works until its user acts."},
        {"consent.created", "A user gave consent."},
        {"consent.expired", "A consent has ended by time."},
        {"consent.reminder", "A consent has been active for 90 days."},
        {"consent.revoked", "A user took consent back."},
        {"consent.updated", "A consent was changed."},
        {"consent.warning", "A consent expires in 7 days."},
        {"transactions.updated", "A connection has new transactions."},
        {"user.created", "A user was created."},
        {"user.deleted", "A user was deleted."},
        {"user.updated", "A user's details were changed."},
    };
    return types;
}

bool is_event_type(std::string_view id) {
    return std::any_of(event_types().begin(), event_types().end(), [&](const type_info& t) { return t.id == id; });
}

model::model(simulator_host host, size_t users) : host_(host) {
    for (size_t i = 0; i < users; ++i) add_user();
}

user& model::add_user() {
    static constexpr std::string_view names[] = {"Avery Stone", "Blake Rivers", "Casey Brook", "Devon Marsh", "Emery Field"};
    const size_t n = made_++;
    auto made = std::make_unique<user>();
    made->id = uuid(host_);
    made->name = names[n % std::size(names)];
    made->email = "customer" + std::to_string(n) + "@example.com";
    made->created = host_.now();
    user& u = *made;
    by_id_[u.id] = made.get();
    users_.push_back(std::move(made));
    u.consents.push_back({uuid(host_), "active", host_.now(), host_.now() + 365 * k_day});
    add_transactions(u, add_connection(u), 12);
    return u;
}

connection& model::add_connection(user& u) {
    const std::string c = uuid(host_);
    u.connections.push_back({c, "AU00000", "active", host_.now()});
    for (const std::string_view name : {"Everyday", "Savings"}) {
        const std::string number = "10" + std::to_string(10'000'000 + made_++ * 7919 % 80'000'000);
        u.accounts.push_back({uuid(host_), c, std::string(name), number, "1250.40", host_.now()});
    }
    return u.connections.back();
}

void model::add_transactions(user& u, const connection& c, size_t count) {
    const auto a = std::find_if(u.accounts.begin(), u.accounts.end(), [&](const account& x) { return x.connection == c.id; });
    for (size_t i = 0; i < count; ++i) {
        const size_t n = u.transactions.size();
        u.transactions.push_back({long_id(host_), a == u.accounts.end() ? "" : a->id, c.id, "PURCHASE " + std::to_string(n + 1),
                                  "-" + std::to_string(3 + n % 90) + "." + std::to_string(10 + n % 90), host_.now()});
    }
    if (u.transactions.size() > k_most_transactions)
        u.transactions.erase(u.transactions.begin(), u.transactions.end() - k_most_transactions);
}

user& model::choose(std::string_view id) {
    if (!id.empty()) {
        const auto found = by_id_.find(id);
        if (found == by_id_.end() || found->second->deleted)
            throw gatehouse::command_error::invalid("user: there is none of this id; see the command \"state\"");
        return *found->second;
    }
    for (size_t i = 0; i < users_.size(); ++i)
        if (user& u = *users_[turn_++ % users_.size()]; !u.deleted) return u;
    return add_user();
}

connection& model::choose_connection(user& u) {
    for (connection& c : u.connections)
        if (!c.deleted) return c;
    return add_connection(u);
}

const event& model::happen(std::string_view type, std::string_view user_id, size_t transactions) {
    const size_t dot = std::min(type.find('.'), type.size());
    event e;
    e.entity = type.substr(0, dot);
    e.kind = type.substr(std::min(dot + 1, type.size()));
    e.id = e.announced = uuid(host_);
    e.created = host_.now();
    user& u = type == "user.created" ? add_user() : choose(user_id);
    e.user = u.id;
    const std::string base = link("/users/" + u.id);
    const bool known = is_event_type(type);

    if (known && e.entity == "connection") {
        connection& c = e.kind == "created" ? add_connection(u) : choose_connection(u);
        if (e.kind == "activated") c.status = "active";
        if (e.kind == "invalidated") c.status = "invalid-connection";
        e.entity_link = e.data_ref = base + "/connections/" + c.id;
        e.data = render(u, c).text();
        c.deleted = e.kind == "deleted";
    } else if (known && e.entity == "account") {
        const connection& c = choose_connection(u);
        account& a = *std::find_if(u.accounts.begin(), u.accounts.end(), [&](const account& x) { return x.connection == c.id; });
        a.name = a.name == "Everyday" ? "Everyday Plus" : "Everyday";
        a.updated = host_.now();
        e.entity_link = e.data_ref = base + "/accounts/" + a.id;
        e.data = render(u, a).text();
    } else if (known && e.entity == "transactions") {
        const connection& c = choose_connection(u);
        add_transactions(u, c, transactions);
        e.announced = long_id(host_);
        e.data_ref = base + "/transactions";
        e.entity_link = base + "/transactions?filter=connection.id.eq('" + c.id + "')";
        e.data =
            json::object{
                {"type", "list"},
                {"count", std::to_string(transactions)},
                {"connection",
                 json::object{{"id", c.id}, {"type", "connection"}, {"links", json::object{{"self", base + "/connections/" + c.id}}}}},
                {"links", json::object{{"self", e.entity_link}}}}
                .text();
    } else if (known && e.entity == "consent") {
        if (e.kind == "created" || u.consents.empty())
            u.consents.push_back({uuid(host_), "active", host_.now(), host_.now() + 365 * k_day});
        consent& c = u.consents.back();
        if (e.kind == "expired" || e.kind == "revoked") c.status = e.kind;
        if (e.kind == "updated") c.expires = host_.now() + 365 * k_day;
        e.entity_link = e.data_ref = base + "/consents";
        e.data = render(u, c).text();
    } else {
        if (type == "user.updated") u.email = "changed." + u.email.substr(u.email.rfind("customer"));
        e.entity_link = e.data_ref = base;
        e.data = render(u).text();
        u.deleted = type == "user.deleted";
    }

    events_.push_back(std::move(e));
    events_by_id_[events_.back().id] = &events_.back();
    if (events_.size() > k_most_events) {
        events_by_id_.erase(events_.front().id);
        events_.pop_front();
    }
    return events_.back();
}

const user* model::find_user(std::string_view id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() || found->second->deleted ? nullptr : found->second;
}

const event* model::find_event(std::string_view id) const {
    const auto found = events_by_id_.find(id);
    return found == events_by_id_.end() ? nullptr : found->second;
}

json::object model::render(const user& u) const {
    const std::string self = link("/users/" + u.id);
    json::array connections;
    size_t count = 0;
    for (const connection& c : u.connections)
        if (!c.deleted) {
            connections.add(
                json::object{{"type", "connection"}, {"id", c.id}, {"links", json::object{{"self", self + "/connections/" + c.id}}}});
            ++count;
        }
    return {{"type", "user"},
            {"id", u.id},
            {"email", u.email},
            {"mobile", "+61400000000"},
            {"name", u.name},
            {"firstName", u.name.substr(0, u.name.find(' '))},
            {"lastName", u.name.substr(u.name.find(' ') + 1)},
            {"createdTime", date(u.created)},
            {"connections", json::object{{"type", "list"}, {"count", count}, {"data", connections}}},
            {"links", json::object{{"accounts", self + "/accounts"},
                                   {"connections", self + "/connections"},
                                   {"self", self},
                                   {"transactions", self + "/transactions"}}}};
}

json::object model::render(const user& u, const connection& c) const {
    const std::string owner = link("/users/" + u.id), filter = "?filter=connection.id.eq('" + c.id + "')";
    return {{"type", "connection"},
            {"id", c.id},
            {"status", c.status},
            {"createdDate", date(c.created)},
            {"lastUsed", date(host_.now())},
            {"mfaEnabled", false},
            {"institution", json::object{{"id", c.institution},
                                         {"type", "institution"},
                                         {"links", json::object{{"self", link("/institutions/" + c.institution)}}}}},
            {"links", json::object{{"accounts", owner + "/accounts" + filter},
                                   {"self", owner + "/connections/" + c.id},
                                   {"transactions", owner + "/transactions" + filter}}}};
}

json::object model::render(const user& u, const account& a) const {
    const std::string owner = link("/users/" + u.id);
    return {{"type", "account"},
            {"id", a.id},
            {"name", a.name},
            {"accountNo", a.number},
            {"creationDate", date(u.created)},
            {"lastUpdated", date(a.updated)},
            {"accountHolder", u.name},
            {"availableFunds", a.balance},
            {"balance", a.balance},
            {"currency", "AUD"},
            {"class", json::object{{"type", "transaction"}, {"product", a.name + " Account"}}},
            {"status", "available"},
            {"transactionIntervals", json::array({json::object{{"from", date(u.created - 90 * k_day)}, {"to", date(host_.now())}}})},
            {"connection",
             json::object{
                 {"id", a.connection}, {"type", "connection"}, {"links", json::object{{"self", owner + "/connections/" + a.connection}}}}},
            {"links", json::object{{"self", owner + "/accounts/" + a.id}}}};
}

json::object model::render(const user& u, const transaction& t) const {
    const std::string owner = link("/users/" + u.id);
    return {{"type", "transaction"},
            {"id", t.id},
            {"status", "posted"},
            {"description", t.description},
            {"amount", t.amount},
            {"account", t.account},
            {"direction", "debit"},
            {"class", "payment"},
            {"connection", t.connection},
            {"postDate", date(t.posted)},
            {"transactionDate", date(t.posted)},
            {"links", json::object{{"account", owner + "/accounts/" + t.account}, {"self", owner + "/transactions/" + t.id}}}};
}

json::object model::render(const user& u, const consent& c) const {
    return {{"type", "consent"},
            {"id", c.id},
            {"status", c.status},
            {"created", date(c.created)},
            {"expiryDate", date(c.expires)},
            {"links", json::object{{"self", link("/users/" + u.id + "/consents/" + c.id)}}}};
}

json::object model::render(const event& e) const {
    return {{"type", "event"},
            {"id", e.id},
            {"createdDate", date(e.created)},
            {"entity", e.entity},
            {"eventType", e.kind},
            {"userId", e.user},
            {"dataRef", e.data_ref},
            {"data", json::raw(e.data)},
            {"links", json::object{{"self", link("/events/" + e.id)}}}};
}

} // namespace basiq::sim
