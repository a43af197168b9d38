// What operators, the reconciler and recovery may ask of a source: subscriptions at Streams, its record of deliveries, tokens, documents.
#pragma once

#include <gatehouse/subscription.hpp>

#include "plugin_api.hpp"
#include "plugin_documents.hpp"

namespace axway {

class operations {
public:
    operations(gatehouse::host h, const configuration& c, const token_store& tokens, const document_keeper& documents)
        : host_(h), configuration_(c), tokens_(tokens), documents_(documents), api_(h, c) {}

    /// Those that need the API only where api_url is set.
    void enroll(gatehouse::registry&) const;

    /// Creates the subscription anew (or finds one that an interrupted try created), pins it, deletes the old one. The new id is pinned and
    /// on disk when this returns; what the old one had of the state is left to the caller.
    gatehouse::job<std::string> recreate(std::string old) const;

private:
    using arguments = json::document;
    gatehouse::job<gatehouse::result> subscribe(const arguments&) const;
    gatehouse::job<gatehouse::result> list(const arguments&) const;
    gatehouse::job<gatehouse::result> get(const arguments&) const;
    gatehouse::job<gatehouse::result> unsubscribe(const arguments&) const;
    gatehouse::job<gatehouse::result> set_status(const arguments&, std::string status) const;
    gatehouse::job<gatehouse::result> test(const arguments&) const;
    gatehouse::job<gatehouse::result> exchanges(const arguments&) const;
    gatehouse::job<gatehouse::result> recover(const arguments&) const;
    gatehouse::job<gatehouse::result> resync(const arguments&) const;
    gatehouse::job<gatehouse::result> documents(const arguments&) const;
    gatehouse::job<gatehouse::result> revoke(const arguments&) const;

    /// What Streams tells of a subscription, completed by what was asked for when we created it.
    gatehouse::subscription_record record(json::value, const std::string& topic) const;
    std::optional<wanted> pin_of(const std::string& subscription) const;
    std::vector<gatehouse::state_change> pin(const std::string& subscription, const wanted&) const;
    /// From now on, and for five minutes, unknown subscription ids are accepted; the callback address is known as ours.
    std::vector<gatehouse::state_change> expect_new(const wanted&) const;
    std::string without_secrets(json::value exchange) const;

    gatehouse::host host_;
    const configuration& configuration_;
    const token_store& tokens_;
    const document_keeper& documents_;
    api api_;
};

} // namespace axway
