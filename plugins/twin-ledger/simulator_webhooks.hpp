// Subscriptions, and the messages sent to them: https://trustedtwin.com/docs/reference/notifications/.
#pragma once

#include "hash_form.hpp"
#include "simulator_model.hpp"

namespace twin_ledger::sim {

struct tamper_info {
    std::string_view name, about;
    std::string_view reason; ///< the code with which the plugin, or the host, refuses it; "" when it must become an event
    bool forged() const { return !reason.empty(); }
};
const std::vector<tamper_info>& tampers();
const tamper_info* find_tamper(std::string_view name);

struct webhook {
    std::string callback_url, topic, client_secret, server_secret;
    std::string confirm_token, refresh_token, unsubscribe_token;
    time_point validity;
    bool confirmed = false;
};

/// How it fills what the provider's pages leave open.
struct webhook_settings {
    hash_form hash;
    bool spaced = false;                            ///< ", " and ": " in bodies, as Python writes them
    bool flat = false;                              ///< the answer to a confirmation has its members at the top
    int confirm_status = 200;                       ///< or 201
    std::string confirmation_type = "Confirmation"; ///< documented nowhere
};

class webhooks {
public:
    webhooks(simulator_host host, webhook_settings settings, std::string account)
        : host_(host), settings_(std::move(settings)), account_(std::move(account)) {}

    /// Until seven days from now at most. One with the same address and topic is replaced once this one is confirmed.
    webhook& add(std::string callback_url, std::string topic, std::string client_secret, std::chrono::seconds life, bool confirmed);
    std::deque<webhook>& all() { return all_; }

    void send_confirmation(const webhook&, const tamper_info*);
    /// To every confirmed subscription of the topic that has not lapsed. The ids of the messages.
    std::vector<std::string> announce(const change&, const std::string& topic, const tamper_info*);
    /// The API below /notifications/webhooks. `authorized`: by the User Secret.
    api_answer serve(const gatehouse::request&, bool authorized);
    void sent(const gatehouse::sent_outcome& o) {
        --under_way_;
        ++(o.success() ? succeeded_ : failed_);
    }

    json::object shown(const webhook&, bool capabilities) const;
    size_t under_way() const { return under_way_; }
    size_t succeeded() const { return succeeded_; }
    size_t failed() const { return failed_; }
    const webhook_settings& settings() const { return settings_; }

private:
    std::string link(const std::string& token) const;
    void post(const std::string& url, std::string body);
    /// Puts the hash in (and the tampering), and sends it.
    void dispatch(const webhook&, json::object message, bool confirmation, const tamper_info*);
    api_answer subscribe(const gatehouse::request&);
    api_answer refresh(const gatehouse::request&, webhook&);
    api_answer confirm(webhook&);

    simulator_host host_;
    webhook_settings settings_;
    std::string account_;
    std::deque<webhook> all_;
    size_t under_way_ = 0, succeeded_ = 0, failed_ = 0;
    uint64_t token_ = 0;
};

} // namespace twin_ledger::sim
