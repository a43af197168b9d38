// Amazon SNS as subscribers over HTTP see it: topics, subscriptions, the handshake, notifications in both forms, the schedule of retries,
// dead letters, and the API's answers in XML. Linked into the simulator of every provider that sends through SNS.
#pragma once

#include <deque>
#include <set>

#include "policy.hpp"
#include "tampers.hpp"

namespace sns_sim {

struct service_settings {
    std::string region = "ap-southeast-2", account = "232528047142";
    form delivery = form::enveloped;
    std::string signature_version = "1";   ///< of topics: "1" or "2"
    std::string user, password;            ///< Basic credentials in the endpoint's URL
    bool remember_credentials = false;     ///< after the first challenge send them at once: not known what SNS does
    bool own_urls = false;                 ///< links lead to the simulator instead of to AWS
    bool dead_letters = true;              ///< subscriptions have a dead-letter queue
    bool dead_letter_client_errors = true; ///< a final 4xx goes there, too: the documentation says both
    bool pinned = true;                    ///< the described source names the topics; else they wait for approval
    delivery_policy policy;

    /// The members of a simulator's settings that concern SNS; `names()` are their names. Throws command_error.
    static service_settings read(const json::document&, form otherwise, std::string_view user = {});
    static std::vector<std::string_view> names();
};

struct topic {
    std::string arn, signature_version;
};

struct subscription {
    enum class state { pending, confirmed, ended };
    std::string arn, topic, token;
    endpoint to;
    form delivery = form::enveloped;
    state is = state::pending;
    delivery_policy policy;
    bool authenticate_on_unsubscribe = false;
    bool challenged_before = false;
    std::deque<uint64_t> held;     ///< published before the confirmation. SNS would not deliver these; a sandbox is for trying things
    std::vector<std::string> dead; ///< message ids in the dead-letter queue
};

/// One message on its way to one subscription.
struct delivery {
    std::string id, type, topic, token, message, subject;
    size_t to = 0; ///< index of the subscription
    const tamper_info* tamper = nullptr;
    time_point stamp; ///< of the receiver's clock
    std::optional<gatehouse::outgoing> request;
    int attempts = 0, status = 0;
    bool challenged = false, under_way = false, finished = false, delivered = false;
    std::string error;
};

class service {
public:
    service(simulator_host, service_settings);

    /// A new topic of the account.
    const topic& create_topic(std::string_view name);
    /// Subscribes and asks for confirmation. An address that is subscribed already is asked again.
    subscription& subscribe(std::string_view topic_arn, std::string_view url, form, const delivery_policy&);
    subscription& subscribe(const topic& t, std::string_view url) { return subscribe(t.arn, url, settings_.delivery, settings_.policy); }
    void request_confirmation(subscription&);
    /// Ends it; the subscriber is told by an UnsubscribeConfirmation.
    void unsubscribe(subscription&);
    /// The message id, the same for every subscription of the topic. None: nobody subscribes to it.
    std::string publish(std::string_view topic_arn, std::string_view message, std::string_view subject, const tamper_info*);

    /// The API, certificates and traps; nothing when the path is not SNS's.
    std::optional<api_answer> serve(const gatehouse::request&);
    void sent(uint64_t token, const gatehouse::sent_outcome&);
    void woken(uint64_t token);

    /// What a sandbox's operator asks SNS for. Nothing when the command is not one of SNS.
    std::optional<std::string> command(std::string_view name, json::value arguments);
    static void describe_commands(json::array&);
    json::array describe_tampers(const std::vector<tamper_info>& own = {}) const;
    /// The settings of a source that receives from here.
    void describe_source(json::object& settings, json::object& secrets) const;
    json::object state() const;

    const service_settings& settings() const { return settings_; }
    std::vector<subscription>& subscriptions() { return subscriptions_; }
    const std::vector<topic>& topics() const { return topics_; }
    subscription* find_subscription(std::string_view arn);
    const topic* find_topic(std::string_view arn) const;

private:
    uint64_t add(delivery);
    void attempt(uint64_t number);
    void build(delivery&, const subscription&);
    envelope enclosed(const delivery&, const subscription&) const;
    void release(subscription&);
    void finish(delivery&, bool delivered);
    void forget_old();
    std::string confirmation_url(std::string_view topic, std::string_view token) const;
    std::string origin() const;

    api_answer api(const std::map<std::string, std::string>&);
    api_answer confirm(const std::map<std::string, std::string>&);
    api_answer subscribe_call(const std::map<std::string, std::string>&);
    api_answer list(bool of_topic, const std::string& topic_arn);
    api_answer answer(std::string_view action, const std::string& result) const;
    api_answer error(int status, std::string_view code, std::string_view message) const;
    std::string describe(const subscription&) const;

    simulator_host host_;
    service_settings settings_;
    identity keys_;
    std::vector<topic> topics_;
    std::vector<subscription> subscriptions_;
    std::map<uint64_t, delivery> deliveries_; ///< by number, which is the token for sending and waking
    std::set<std::string> foreign_tokens_;    ///< of confirmations that nobody may confirm
    uint64_t next_ = 1;
    uint64_t certificate_reads_ = 0, confirmations_ = 0, foreign_confirmations_ = 0, traps_ = 0, delivered_ = 0, failed_ = 0;
    std::map<int, uint64_t> statuses_; ///< answers to deliveries
};

/// The address with the credentials of the settings in it, as one hands it to SNS.
std::string with_credentials(std::string_view url, const service_settings&);

/// The arguments of "send" that all simulators on SNS share.
struct send_arguments {
    std::string type;
    int64_t count = 1;
    const tamper_info* tamper = nullptr;
    /// `more`: names that the provider knows beside type, count and tamper; `own`: its own tampers.
    static send_arguments read(json::value, form, std::vector<std::string_view> more, const std::vector<tamper_info>& own = {});
    bool spoiled(std::string_view name) const { return tamper && tamper->name == name; }
};

} // namespace sns_sim
