#include "handshake.hpp"

#include <gatehouse/iso_time.hpp>

using namespace gatehouse;

namespace twin_ledger {

namespace {

/// Why a confirmation that says `m` may not be followed; nothing when it may.
std::optional<failure> unwelcome(const workshop& w, const message& m, const std::optional<subscription>& known) {
    const std::string topic(m.topic());
    if (!w.settings.names_topic(topic)) return failure::refused("the setting topics does not name \"" + printable(topic) + "\" any more");
    if (!w.settings.is_capability(m["confirmation_url"].text(), m.account()))
        return failure::refused("confirmation_url does not lead to api_url; it is not followed");
    if (!known || known->phase == phase::active)
        return failure::refused("no subscribe call of ours waits for a confirmation of topic " + topic +
                                "; if you subscribed by hand, run the operation \"expect\" and try again");
    if (!known->account.empty() && !equals_ignoring_case(known->account, m.account()))
        return failure::refused("the confirmation is for account " + printable(m.account()) + ", our subscribe call for " + known->account);
    if (known->phase == phase::asked) {
        const std::string call = "the answer to our subscribe call for topic " + topic;
        if (w.host.now() - known->since < k_answer_lost) return failure::retry(call + " is still under way", std::chrono::seconds(2));
        return failure::refused(call + " was lost, and with it the server secret: subscribe again");
    }
    // It came before the server secret and was taken unproved; by now it can be proved.
    if (w.settings.hash && !w.proof.hash_fits(m)) return failure::refused("the confirmation's hash does not fit; it is not followed");
    return std::nullopt;
}

} // namespace

job<result> follow_confirmation(workshop w, const stored_event& e) {
    auto read = message::read(e.request().body());
    auto* m = std::get_if<message>(&read);
    if (!m) co_return failure::invalid("the stored confirmation cannot be read");
    const std::string topic(m->topic()), account(m->account()), id = m->id();
    auto known = w.memory.find(topic);
    if (known && known->phase == phase::active && known->confirmed_by == id) co_return document(w.memory.record(*known).json().text());
    if (auto why = unwelcome(w, *m, known)) co_return std::move(*why);

    const std::string url = url::parse((*m)["confirmation_url"].text())->text();
    const http::response answer = co_await http::get(url).header("Accept", "application/json").max_response(65'536);
    const std::string what = "GET confirmation_url of topic " + topic;
    if (answer.status() != 200 && answer.status() != 201) co_return unwanted(answer, what, w.host.now());
    const json::document d = answer.json();
    const json::value s = subscription_in(d);
    if (s["topic"].text() != topic || !equals_ignoring_case(s["account"].text(), account))
        co_return failure::invalid(what + ": the answer is for another topic or account");
    if (!w.settings.is_capability(s["refresh_url"].text(), account) || !w.settings.is_capability(s["unsubscribe_url"].text(), account))
        co_return failure::invalid(what + ": the answer's refresh_url or unsubscribe_url does not lead to api_url");
    capabilities c;
    const std::string retired = w.memory.urls(topic).retired_url;
    c.refresh_url = s["refresh_url"].text();
    c.unsubscribe_url = s["unsubscribe_url"].text();
    c.valid_until = parse_ts(s["validity_ts"].number());
    c.at = w.host.now();
    known->phase = phase::active;
    known->account = account;
    known->since = w.host.now();
    known->confirmed_by = id;
    w.host.info("the subscription of topic " + topic + " is confirmed");
    json::object out = json::object::of("topic", topic, "account", account, "state", "active");
    if (c.valid_until) out.add("expires_at", utc_text(*c.valid_until));
    std::vector<state_change> changes;
    changes.push_back(w.memory.put(*known));
    changes.push_back(w.memory.put(topic, c));
    if (const auto old = url::parse(retired); old && retired != c.unsubscribe_url) {
        // On disk first: if ending the old one fails, it lapses by itself.
        const auto first = changes;
        co_await put_state(first);
        const http::response ended = co_await http::del(old->text());
        if (!ended.ok() && ended.status() != 404)
            w.host.warning("the subscription of topic " + topic + " that was replaced could not be ended; it lapses within seven days");
    }
    co_return document(out.text()).state(std::move(changes));
}

} // namespace twin_ledger
