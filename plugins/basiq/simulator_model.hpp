// What the simulated Basiq knows: users with connections, accounts, transactions and consents, and the events about them. Forms as in the
// samples of api.basiq.io/reference (events, users, connections, accounts, transactions, consents).
#pragma once

#include <deque>
#include <map>
#include <memory>

#include "simulator_lists.hpp"

namespace basiq::sim {

struct type_info {
    std::string_view id, about;
};
/// The 15 types of GET /events/types.
const std::vector<type_info>& event_types();
bool is_event_type(std::string_view);

struct connection {
    std::string id, institution, status;
    time_point created;
    bool deleted = false;
};
struct account {
    std::string id, connection, name, number, balance;
    time_point updated;
};
struct transaction {
    std::string id, account, connection, description, amount;
    time_point posted;
};
struct consent {
    std::string id, status;
    time_point created, expires;
};
struct user {
    std::string id, name, email;
    time_point created;
    bool deleted = false;
    std::vector<connection> connections;
    std::vector<account> accounts;
    std::vector<transaction> transactions;
    std::vector<consent> consents;
};

struct event {
    std::string id;        ///< in links.event
    std::string announced; ///< eventId of the notification: another one for transactions, as in Basiq's sample
    std::string entity, kind, user, entity_link, data_ref, data;
    time_point created;
    std::string type() const { return entity + "." + kind; }
};

class model {
public:
    model(simulator_host host, size_t users);

    /// Makes happen what the type says (creates, changes or deletes an entity) and keeps the event. A type that is not known is about a
    /// user. `user_id` may be empty: one after the other. `transactions`: how many a transactions.updated brings.
    const event& happen(std::string_view type, std::string_view user_id, size_t transactions);
    /// Null when there is none, or it was deleted.
    const user* find_user(std::string_view id) const;
    const event* find_event(std::string_view id) const;
    const std::deque<event>& events() const { return events_; }
    const std::vector<std::unique_ptr<user>>& users() const { return users_; }

    std::string link(std::string_view path) const { return std::string(host_.base_url()) + std::string(path); }
    json::object render(const user&) const;
    json::object render(const user&, const connection&) const;
    json::object render(const user&, const account&) const;
    json::object render(const user&, const transaction&) const;
    json::object render(const user&, const consent&) const;
    json::object render(const event&) const;

private:
    static constexpr size_t k_most_events = 100'000;
    static constexpr size_t k_most_transactions = 20'000; ///< per user

    user& add_user();
    connection& add_connection(user&);
    void add_transactions(user&, const connection&, size_t count);
    user& choose(std::string_view id);
    connection& choose_connection(user&);

    simulator_host host_;
    std::vector<std::unique_ptr<user>> users_;
    std::map<std::string, user*, std::less<>> by_id_;
    std::deque<event> events_;
    std::map<std::string, const event*, std::less<>> events_by_id_;
    size_t turn_ = 0, made_ = 0;
};

} // namespace basiq::sim
