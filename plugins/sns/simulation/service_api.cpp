// What SNS answers: the API of docs.aws.amazon.com/sns/latest/api as far as subscribers meet it, and the certificates.
#include <gatehouse/verify/sns/names.hpp>

#include <algorithm>

#include "service.hpp"

namespace sns_sim {

namespace {

constexpr std::string_view k_namespace = "http://sns.amazonaws.com/doc/2010-03-31/";

std::string value(const std::map<std::string, std::string>& p, const char* name) {
    const auto found = p.find(name);
    return found == p.end() ? std::string() : found->second;
}

/// Attributes.entry.<n>.key and .value, as the Query API writes a map.
std::string attribute(const std::map<std::string, std::string>& p, std::string_view name) {
    for (const auto& [key, given] : p)
        if (given == name && key.starts_with("Attributes.entry.") && key.ends_with(".key"))
            return value(p, (key.substr(0, key.size() - 3) + "value").c_str());
    return {};
}

} // namespace

std::optional<api_answer> service::serve(const gatehouse::request& r) {
    const std::string_view path = r.path();
    if (path == "/trap") {
        ++traps_;
        host_.log(GATEHOUSE_LOG_WARNING, "somebody visited an address that only stood in an unsigned or refused part of a message");
        return api_answer{200, {{"Content-Type", "text/plain"}}, "trapped"};
    }
    if (path.starts_with("/SimpleNotificationService-")) {
        const auto document = keys_.document(path);
        if (!document) return api_answer{404, {{"Content-Type", "text/plain"}}, "not found"};
        ++certificate_reads_;
        return api_answer{200, {{"Content-Type", "binary/octet-stream"}}, *document};
    }
    if (path != "/" || (r.method() != "GET" && r.method() != "POST")) return std::nullopt;
    auto p = parameters(r.query());
    if (r.method() == "POST")
        for (auto& [name, given] : parameters(r.body())) p[name] = given;
    return api(p);
}

api_answer service::api(const std::map<std::string, std::string>& p) {
    const std::string action = value(p, "Action");
    if (action == "ConfirmSubscription") return confirm(p);
    if (action == "Subscribe") return subscribe_call(p);
    if (action == "Unsubscribe") {
        subscription* s = find_subscription(value(p, "SubscriptionArn"));
        if (s && s->authenticate_on_unsubscribe)
            return error(403, "AuthorizationError", "Unsubscribing from this subscription needs a signed call of its owner");
        if (s) unsubscribe(*s);
        return answer(action, "");
    }
    if (action == "Publish") {
        if (!find_topic(value(p, "TopicArn"))) return error(404, "NotFound", "Topic does not exist");
        const std::string id = publish(value(p, "TopicArn"), value(p, "Message"), value(p, "Subject"), nullptr);
        return answer(action, "<MessageId>" + (id.empty() ? uuid(host_) : id) + "</MessageId>");
    }
    if (action == "ListTopics") {
        std::string members;
        for (const topic& t : topics_) members += "<member><TopicArn>" + xml_text(t.arn) + "</TopicArn></member>";
        return answer(action, "<Topics>" + members + "</Topics>");
    }
    if (action == "ListSubscriptions") return list(false, {});
    if (action == "ListSubscriptionsByTopic") return list(true, value(p, "TopicArn"));
    return error(400, "InvalidAction", "The action " + action + " is not valid for this endpoint.");
}

api_answer service::confirm(const std::map<std::string, std::string>& p) {
    ++confirmations_;
    const std::string token = value(p, "Token");
    if (foreign_tokens_.contains(token)) ++foreign_confirmations_;
    // As observed: another topic of the region is taken, a wrong region is not; the token alone decides.
    const auto topic = gatehouse::sns::topic_arn::parse(value(p, "TopicArn"));
    if (!topic || topic->region() != settings_.region) return error(400, "InvalidParameter", "Invalid parameter: Topic");
    const auto found = std::find_if(subscriptions_.begin(), subscriptions_.end(), [&](const subscription& s) { return s.token == token; });
    if (token.empty() || found == subscriptions_.end()) return error(400, "InvalidParameter", "Invalid parameter: Token");
    if (value(p, "AuthenticateOnUnsubscribe") == "true") found->authenticate_on_unsubscribe = true;
    if (found->is != subscription::state::confirmed) {
        found->is = subscription::state::confirmed;
        host_.wake_at(host_.now() + std::chrono::seconds(1), (uint64_t{1} << 62) + static_cast<uint64_t>(found - subscriptions_.begin()));
    }
    return answer("ConfirmSubscription", "<SubscriptionArn>" + xml_text(found->arn) + "</SubscriptionArn>");
}

api_answer service::subscribe_call(const std::map<std::string, std::string>& p) {
    const topic* t = find_topic(value(p, "TopicArn"));
    if (!t) return error(404, "NotFound", "Topic does not exist");
    const std::string protocol = value(p, "Protocol"), url = value(p, "Endpoint");
    if ((protocol != "http" && protocol != "https") || !url.starts_with(protocol + "://"))
        return error(400, "InvalidParameter", "Invalid parameter: Endpoint must match the specified protocol");
    const subscription& s =
        subscribe(t->arn, url, attribute(p, "RawMessageDelivery") == "true" ? form::raw : form::enveloped, settings_.policy);
    const bool show = s.is == subscription::state::confirmed || value(p, "ReturnSubscriptionArn") == "true";
    return answer("Subscribe", "<SubscriptionArn>" + (show ? xml_text(s.arn) : "pending confirmation") + "</SubscriptionArn>");
}

std::string service::describe(const subscription& s) const {
    const bool confirmed = s.is == subscription::state::confirmed;
    return "<member><TopicArn>" + xml_text(s.topic) + "</TopicArn><Protocol>" + s.to.url.substr(0, s.to.url.find(':')) +
           "</Protocol><SubscriptionArn>" + (confirmed ? xml_text(s.arn) : "PendingConfirmation") + "</SubscriptionArn><Owner>" +
           settings_.account + "</Owner><Endpoint>" + xml_text(s.to.shown()) + "</Endpoint></member>";
}

api_answer service::list(bool of_topic, const std::string& topic_arn) {
    if (of_topic && !find_topic(topic_arn)) return error(404, "NotFound", "Topic does not exist");
    std::string members;
    for (const subscription& s : subscriptions_)
        if (s.is != subscription::state::ended && (!of_topic || s.topic == topic_arn)) members += describe(s);
    return answer(of_topic ? "ListSubscriptionsByTopic" : "ListSubscriptions", "<Subscriptions>" + members + "</Subscriptions>");
}

api_answer service::answer(std::string_view action, const std::string& result) const {
    const std::string a(action);
    return {200,
            {{"Content-Type", "text/xml"}},
            "<" + a + "Response xmlns=\"" + std::string(k_namespace) + "\">\n  <" + a + "Result>" + result + "</" + a +
                "Result>\n  <ResponseMetadata>\n    <RequestId>" + uuid(host_) + "</RequestId>\n  </ResponseMetadata>\n</" + a +
                "Response>\n"};
}

api_answer service::error(int status, std::string_view code, std::string_view message) const {
    return {status,
            {{"Content-Type", "text/xml"}},
            "<ErrorResponse xmlns=\"" + std::string(k_namespace) + "\">\n  <Error>\n    <Type>Sender</Type>\n    <Code>" + xml_text(code) +
                "</Code>\n    <Message>" + xml_text(message) + "</Message>\n  </Error>\n  <RequestId>" + uuid(host_) +
                "</RequestId>\n</ErrorResponse>\n"};
}

} // namespace sns_sim
