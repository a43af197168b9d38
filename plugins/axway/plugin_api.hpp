// Streams' management API for webhook subscriptions (docs: subscribers/subscriber-webhook.md, topics-api.md).
#pragma once

#include <functional>

#include "plugin_settings.hpp"

namespace axway {

/// What a subscription should be: the arguments of the operation subscribe, kept with the pin so that it can be created anew.
struct wanted {
    std::string url, topic, mode, client, oauth_mode, scope;

    static wanted parse(json::value);
    json::object json() const;
};

class api {
public:
    api(gatehouse::host h, const configuration& c) : host_(h), configuration_(c) {}

    /// One call below the webhook base; `path` begins with "/". Whatever status comes back; failures of the network are thrown.
    gatehouse::job<gatehouse::http::response> call(std::string method, std::string path, std::optional<std::string> body = {}) const;
    /// The same, and throws when the status is not `expected`.
    gatehouse::job<gatehouse::http::response> expect(int expected, std::string method, std::string path,
                                                     std::optional<std::string> body = {}) const;
    /// Creates a subscription with authorization and webhookHeaders out of the settings; the answer's JSON.
    gatehouse::job<std::string> create(wanted) const;
    /// Raw JSON of every subscription of a topic, all pages; empty when the topic is unknown (404). sort: "<field>,ASC" or ",DESC", else
    /// "".
    gatehouse::job<std::vector<std::string>> of_topic(std::string topic, std::string sort = {}) const;
    /// Ids of all topics, all pages.
    gatehouse::job<std::vector<std::string>> topics() const;

private:
    gatehouse::job<std::vector<std::string>> pages(std::string url, std::string sort) const;
    gatehouse::http::request request(std::string_view method, const std::string& url) const;
    std::string body_of(const wanted&) const;

    gatehouse::host host_;
    const configuration& configuration_;
};

/// What an answer says of its failure, for an operator: "…: status 400: Validation error: detail".
gatehouse::failure api_failure(const gatehouse::http::response&, std::string_view what, time_point now);

} // namespace axway
