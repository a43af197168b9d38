// Subscribing and unsubscribing (developer.ivvy.com, "account": subscribeToNotifications, unsubscribeFromNotifications).
#include "fetch_entity.hpp"

using namespace gatehouse;

namespace ivvy {

namespace {

constexpr std::array<std::string_view, 7> k_kinds = {"companies", "contacts", "crm", "payments", "venues", "events", "ari"};

bool wants(const json::document& arguments, std::string_view kind) {
    const auto chosen = arguments["events"];
    if (chosen.size() == 0) return true;
    for (const auto v : chosen.elements())
        if (v.text() == kind) return true;
    return false;
}

std::string endpoints(const json::document& arguments) {
    const auto u = url::parse(arguments["url"].text());
    if (!u) throw failure::invalid("url is not an http or https URL");
    json::object out;
    for (const auto kind : k_kinds)
        if (wants(arguments, kind)) out.add(std::string(kind) + "Endpoint", arguments["url"].text());
    return out.text();
}

std::string_view explain_unsubscribe(int64_t code) {
    static constexpr std::string_view texts[] = {
        "success",
        "not requested",
        "unknown error: contact iVvy",
        "this address is not among the subscriptions",
        "another API key subscribed this address: unsubscribe with that key",
        "not confirmed yet, so it cannot be unsubscribed: an unconfirmed subscription ends by itself after three days"};
    return code >= 1 && code <= 6 ? texts[code - 1] : "an answer that iVvy does not document";
}

} // namespace

job<result> fetcher::subscribe(const json::document& arguments, const sns::receiver& sns) const {
    const api_answer answer = co_await api_.call("account?action=subscribeToNotifications", endpoints(arguments));
    if (answer.missing()) co_return failure::invalid(answer.reason());
    json::array out;
    for (const auto kind : k_kinds) {
        const auto success = answer.json()[std::string(kind) + "Success"], topic = answer.json()[std::string(kind) + "TopicId"];
        // The answer tells of all kinds, also those not asked for.
        if (!success && !topic) {
            if (wants(arguments, kind))
                out.add(json::object::of("kind", kind, "state", "unknown", "detail", "the answer does not name it"));
            continue;
        }
        const auto arn = sns::topic_arn::parse(topic.text());
        if (!arn) {
            const bool asked = wants(arguments, kind);
            out.add(json::object::of("kind", kind, "state", asked ? "failed" : "not subscribed", "topic_arn", topic));
            continue;
        }
        co_await sns.pin(*arn, std::string(kind));
        out.add(
            json::object::of("kind", kind, "state", success.boolean().value_or(false) ? "subscribed" : "known", "topic_arn", arn->text()));
    }
    co_return document(out.text());
}

job<result> fetcher::unsubscribe(const json::document& arguments) const {
    const api_answer answer = co_await api_.call("account?action=unsubscribeFromNotifications", endpoints(arguments));
    if (answer.missing()) co_return failure::invalid(answer.reason());
    json::array out;
    for (const auto kind : k_kinds) {
        const auto code = answer.json()[std::string(kind) + "Result"];
        if (!code && !wants(arguments, kind)) continue;
        const int64_t number = detail::parse_digits(id_text(code), 3).value_or(0);
        out.add(json::object::of("kind", kind, "result", number, "detail", explain_unsubscribe(number)));
    }
    co_return document(out.text());
}

} // namespace ivvy
