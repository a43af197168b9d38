// Part of receiver.hpp: what is done after the sender has been answered, and what operators ask for.
#pragma once

#include <gatehouse/verify/sns/receiver.hpp>

namespace gatehouse::sns {

namespace detail {

inline constexpr std::string_view k_topic_argument =
    R"({"type":"object","additionalProperties":false,"required":["topic_arn"],"properties":{"topic_arn":{"type":"string","maxLength":512}}})";

inline std::vector<state_change> one_change(state_change c) {
    std::vector<state_change> out;
    out.push_back(std::move(c));
    return out;
}

/// The ARN in SNS's answer. Throws what the answer means when there is none.
inline std::string subscription_of(const http::response& answer, const topic_arn& topic, time_point now) {
    if (answer.net() != GATEHOUSE_NET_OK || answer.status() >= 500 || answer.status() == 429)
        throw http::to_failure(answer, "confirming " + topic.text(), now);
    const auto xml = xml_texts::read(answer.body());
    if (answer.status() != 200) {
        const auto code = xml ? xml->one("ErrorResponse/Error/Code") : std::nullopt;
        const auto text = xml ? xml->one("ErrorResponse/Error/Message") : std::nullopt;
        throw failure::invalid("SNS did not confirm " + topic.text() + ": status " + std::to_string(answer.status()) + ", " +
                               printable(code.value_or("no code")) + ": " + printable(text.value_or("no reason")) +
                               "; a token is good for two days, after which the owner of the topic must request confirmation again");
    }
    const auto arn = xml ? xml->one("ConfirmSubscriptionResponse/ConfirmSubscriptionResult/SubscriptionArn") : std::nullopt;
    if (!arn || !topic.owns_subscription(*arn))
        throw failure::invalid("SNS's answer to the confirmation of " + topic.text() + " names no subscription of that topic");
    return std::string(*arn);
}

} // namespace detail

inline void receiver::enroll(registry& r, own_list own) {
    if (!settings_.other_origin().empty())
        r.egress_setting("signing_cert_host");
    else
        for (const auto& region : settings_.regions()) r.egress_host(host_of(region));
    r.fetch_back(k_confirmation_type, [this](const stored_event& e) { return confirm_event(e); });
    r.fetch_back(k_unsubscribe_type, [this](const stored_event& e) { return unsubscribed(e); });
    r.operation("approve", "Confirm the subscription of a topic that waits for approval", detail::k_topic_argument, "confirm",
                [this](const json::document& a) { return approve(a); });
    if (own == own_list::no)
        r.operation("subscriptions", "The SNS subscriptions of this source and their states", {}, "list",
                    [this](const json::document& a) { return list(a); });
    r.operation("forget", "Forget what is known of a topic: it is no longer waiting, or no longer accepted unless topic_arns names it",
                detail::k_topic_argument, "", [this](const json::document& a) { return forget(a); });
}

inline job<result> receiver::confirm(topic_arn topic, std::string token) const {
    auto known = topics_.find(topic.text());
    // Confirmed before, by this very token: SNS would only repeat its answer.
    if (known && known->state() == topic_state::active && known->token() == token) co_return document(known->shown().text());
    const http::response answer = co_await http::get(confirmation_url(topic, token, settings_.other_origin())).max_response(65'536);
    const std::string subscription = detail::subscription_of(answer, topic, host_.now());
    topic_entry entry(topic.text(), topic_state::active, host_.now());
    entry.subscription(subscription).token(token);
    host_.info("subscription " + subscription + " is confirmed");
    co_return document(entry.shown().text()).state(detail::one_change(topics_.put(entry)));
}

inline job<result> receiver::confirm_event(const stored_event& e) const {
    const envelope message = envelope_of(e.request());
    // The pin may have been withdrawn since the event was stored.
    if (!pinned(message.topic().text())) co_return failure::refused("topic " + message.topic().text() + " is not pinned any more");
    co_return co_await confirm(message.topic(), std::string(message.token()));
}

inline job<result> receiver::unsubscribed(const stored_event& e) const {
    const envelope message = envelope_of(e.request());
    const std::string topic = message.topic().text();
    topic_entry entry = topics_.find(topic).value_or(topic_entry(topic, topic_state::disabled, host_.now()));
    // Its SubscribeURL would subscribe again: that is for the operator to decide. The confirmed ARN stays, for messages still under way.
    entry.enter(topic_state::disabled, host_.now())
        .detail("SNS reported the end of the subscription at " + utc_text(message.timestamp()) +
                ": ask the topic's owner to subscribe again");
    co_return document(entry.shown().text()).state(detail::one_change(topics_.put(entry)));
}

inline job<result> receiver::approve(const json::document& arguments) const {
    const auto topic = topic_arn::parse(arguments["topic_arn"].text());
    if (!topic) co_return failure::invalid("topic_arn is not arn:aws:sns:<region>:<account>:<topic>");
    const auto known = topics_.find(topic->text());
    if (!known || known->token().empty())
        co_return failure::invalid("no confirmation of " + topic->text() +
                                   " waits here; the operation \"subscriptions\" lists those that do");
    if (known->state() == topic_state::active) co_return document(known->shown().text());
    // Pinned on disk before SNS hears of it: its first message may come before its answer is stored, and a refusal would be final.
    topic_entry approved = *known;
    approved.enter(topic_state::pending_confirmation, host_.now()).detail("approved; SNS has not confirmed it yet");
    co_await put_state(topics_.put(approved));
    co_return co_await confirm(*topic, known->token());
}

inline job<void> receiver::pin(topic_arn arn, std::string detail) const {
    std::string token = topics_.pins(arn.text());
    const auto known = topics_.find(arn.text());
    if (known && known->state() == topic_state::active) co_return;
    if (known && known->state() == topic_state::pending_approval && !known->token().empty()) token = known->token();
    topic_entry entry(arn.text(), topic_state::pending_confirmation, host_.now());
    entry.detail(detail);
    if (!token.empty()) {
        const http::response answer = co_await http::get(confirmation_url(arn, token, settings_.other_origin())).max_response(65'536);
        const std::string subscription = detail::subscription_of(answer, arn, host_.now());
        entry.enter(topic_state::active, host_.now()).subscription(subscription).token(token);
    }
    co_await put_state(topics_.put(entry));
    // The confirmation that asked first may have been committed last.
    const auto now = topics_.find(arn.text());
    if (now && !now->pinned()) co_await put_state(topics_.put(entry));
}

inline std::vector<topic_entry> receiver::records() const {
    std::vector<topic_entry> out = topics_.all();
    for (const auto& [text, arn] : settings_.topics()) {
        if (topics_.find(text)) continue;
        topic_entry e(text, topic_state::pending_confirmation, host_.now());
        out.push_back(e.detail("named in topic_arns; no confirmation by this source is known"));
    }
    return out;
}

inline job<result> receiver::list(const json::document&) const {
    json::array out;
    for (const auto& e : records()) out.add(e.shown());
    co_return document(out.text());
}

inline job<result> receiver::forget(const json::document& arguments) const {
    const auto change = topics_.remove(arguments["topic_arn"].text());
    if (!change) co_return failure::invalid("nothing is known of topic " + printable(arguments["topic_arn"].text(), 512));
    co_return done(detail::one_change(*change));
}

} // namespace gatehouse::sns
