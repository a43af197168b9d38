// Webhooks, the messages sent to them, and the schedule of attempts (api.basiq.io/docs/delivery-schedule-and-retries).
#pragma once

#include "simulator_model.hpp"

namespace basiq::sim {

struct webhook {
    std::string id, name, description, url, secret;
    std::string status = "active"; ///< "disabled" after the last attempt of a message failed: Basiq does not tell how that looks
    std::vector<std::string> events;
    time_point created, flows_from; ///< the cool-off: up to 15 minutes may pass before messages flow
    bool subscribed(std::string_view type) const;
};

struct attempt {
    std::string id, response;
    int status = 0;
    time_point at;
    bool success = false;
};

/// How a notification is spoiled.
struct tamper_info {
    std::string_view name, about;
    bool forged; ///< must be refused; sent once, since it does not come from Basiq, and costs the webhook nothing
};
const std::vector<tamper_info>& tampers();
const tamper_info* find_tamper(std::string_view);

struct message {
    std::string id, webhook_id, type, event_id, payload;
    const tamper_info* tamper = nullptr;
    std::vector<attempt> attempts;
    bool finished = false, under_way = false;
    std::optional<time_point> next;
};

/// The body of a notification, members in the order of the documentation: compact, or laid out as printed there.
std::string notification(const event&, std::string_view type, const std::string& host, bool printed, std::string_view text);

class notifier {
public:
    notifier(simulator_host host, bool printed) : host_(host), printed_(printed) {}

    webhook& add(std::string url, std::vector<std::string> events, std::string secret, time_point flows_from);
    bool remove(std::string id); ///< a copy: the id may be that of the webhook that goes
    webhook* find(std::string_view id);
    std::vector<webhook>& webhooks() { return webhooks_; }

    /// Announces the event to every active webhook with this type; one that is not known goes to all. Returns the messages' ids.
    std::vector<std::string> announce(const event&, std::string_view type, const tamper_info*, std::string_view text = {});
    /// Sends a body as it is, once, to `url`: signed with `secret` unless that is empty.
    void send_raw(const std::string& url, const std::string& body, const std::string& secret, std::string id, std::string timestamp);

    void sent(uint64_t token, const gatehouse::sent_outcome&);
    void woken(uint64_t token);

    /// Oldest first.
    std::vector<const message*> messages_of(std::string_view webhook_id) const;
    const message* find_message(std::string_view id) const;
    size_t pending() const;
    uint64_t succeeded() const { return succeeded_; }
    uint64_t failed() const { return failed_; }

private:
    static constexpr size_t k_most_messages = 50'000;

    void begin_attempt(uint64_t number);
    void finish(message&, bool success);

    simulator_host host_;
    bool printed_;
    std::vector<webhook> webhooks_;
    std::map<uint64_t, message> messages_; ///< by number, which is the token for sending and waking
    std::map<std::string, uint64_t, std::less<>> by_id_;
    uint64_t next_number_ = 1, succeeded_ = 0, failed_ = 0;
};

} // namespace basiq::sim
