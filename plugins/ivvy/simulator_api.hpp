// iVvy's API: every request is signed (developer.ivvy.com, "getting started"), errors are told in the body.
#pragma once

#include "fetch_recover.hpp"
#include "simulator_model.hpp"
#include "sns/simulation/service.hpp"

namespace ivvy::sim {

using gatehouse::api_answer;

struct api_settings {
    std::string account = "14", key, secret;
    bool status_of_errors = true; ///< HTTP status as errorCode; else 200. Which of them iVvy does is not documented
    bool may_subscribe = true;    ///< false: the key belongs to a user who is not the account's primary one
};

class api {
public:
    api(simulator_host, api_settings, model&, sns_sim::service&);

    api_answer serve(const gatehouse::request&);

    /// Subscribes the address to the topics of all kinds, by the account's key.
    void subscribe_all(std::string_view url);
    std::string topic_of(std::string_view kind);
    /// As if another API key had subscribed what there is.
    void disown() { owners_.clear(); }
    const api_settings& settings() const { return settings_; }
    const std::map<std::string, uint64_t>& calls() const { return calls_; } ///< "<namespace>?action=<action>"

private:
    std::optional<api_answer> refuse(const gatehouse::request&) const;
    api_answer entity_call(std::string_view what, json::value arguments);
    /// A list by date of modification.
    api_answer dated(const dated_list&, json::value arguments) const;
    api_answer page(const std::vector<const record*>&, json::value arguments) const;
    api_answer subscribe(json::value arguments);
    api_answer unsubscribe(json::value arguments);
    int unsubscribe_one(std::string_view kind, std::string_view url);
    api_answer error(int code, int64_t specific, std::string_view message) const;

    simulator_host host_;
    api_settings settings_;
    model& model_;
    sns_sim::service& sns_;
    std::map<std::string, std::string, std::less<>> topics_; ///< by kind
    std::set<std::string> owners_;                           ///< subscriptions made with the account's key
    std::map<std::string, uint64_t> calls_;
};

} // namespace ivvy::sim
