#include "fetch_subscription.hpp"

#include "fetch_entity.hpp"

using namespace gatehouse;

namespace ivvy {

namespace {

constexpr std::string_view k_key = "ivvy.subscriptions";

std::vector<std::string> kinds_of(json::value chosen) {
    std::vector<std::string> out;
    for (const auto v : chosen.elements()) out.emplace_back(v.text());
    return out;
}

std::vector<std::string> or_all(std::vector<std::string> kinds) {
    if (kinds.empty()) kinds.assign(k_kinds.begin(), k_kinds.end());
    return kinds;
}

bool has(const std::vector<std::string>& kinds, std::string_view kind) {
    return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

json::array texts(const std::vector<std::string>& list) {
    json::array out;
    for (const auto& t : list) out.add(t);
    return out;
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

std::vector<state_change> one(state_change c) {
    std::vector<state_change> out;
    out.push_back(std::move(c));
    return out;
}

} // namespace

json::object subscribed::json() const {
    json::object by_kind;
    for (const auto& [kind, arn] : topics) by_kind.add(kind, arn);
    return {{"id", id}, {"url", url}, {"events", texts(asked)}, {"topics", by_kind}, {"detail", detail}};
}

subscribed subscribed::parse(json::value v) {
    subscribed out{std::string(v["id"].text()), std::string(v["url"].text()), kinds_of(v["events"]), {}, std::string(v["detail"].text())};
    for (const auto [kind, arn] : v["topics"].members()) out.topics[std::string(kind)] = arn.text();
    return out;
}

subscription_record subscribed::record(const sns::receiver& sns) const {
    size_t confirmed = 0;
    bool ended = false;
    json::object by_kind;
    for (const auto& [kind, arn] : topics) {
        const auto known = sns.topics().find(arn);
        confirmed += known && known->state() == subscription_state::active ? 1u : 0u;
        ended |= known && known->state() == subscription_state::disabled;
        by_kind.add(kind, arn);
    }
    const auto state = ended                        ? subscription_state::disabled
                       : confirmed == topics.size() ? subscription_state::active
                                                    : subscription_state::pending_confirmation;
    // What was asked for and was not given must show as a difference.
    json::array got;
    for (const auto& [kind, arn] : topics) got.add(kind);
    std::string text = detail;
    if (ended) text += std::string(text.empty() ? "" : "; ") + "SNS reported the end of a topic's subscription: subscribe again";
    return subscription_record(id, state)
        .facts({{"url", url}, {"events", detail.empty() ? texts(asked) : got}, {"topics", by_kind}})
        .ours(true)
        .from_memory()
        .detail(std::move(text));
}

subscribed_list::subscribed_list(const host& h) {
    const auto stored = h.get_state(k_key);
    if (!stored) return;
    const json::document d = json::parse(*stored);
    for (const auto v : d.root().elements()) all_.push_back(subscribed::parse(v));
}

const subscribed* subscribed_list::find(std::string_view id) const {
    for (const auto& s : all_)
        if (s.id == id) return &s;
    return nullptr;
}

const subscribed* subscribed_list::find_url(std::string_view url) const {
    for (const auto& s : all_)
        if (s.url == url) return &s;
    return nullptr;
}

std::string subscribed_list::free_id(std::string_view account) const {
    for (int n = 1;; ++n) {
        std::string id = "account/" + std::string(account) + "/" + std::to_string(n);
        if (!find(id)) return id;
    }
}

void subscribed_list::put(subscribed s) {
    for (auto& known : all_)
        if (known.id == s.id) {
            known = std::move(s);
            return;
        }
    all_.push_back(std::move(s));
}

void subscribed_list::remove(std::string_view id) {
    std::erase_if(all_, [&](const auto& s) { return s.id == id; });
}

state_change subscribed_list::change() const {
    json::array out;
    for (const auto& s : all_) out.add(s.json());
    return state_change(k_key, out.text());
}

job<result> list_subscriptions(host h, const sns::receiver& sns) {
    const subscribed_list known(h);
    std::vector<std::string> covered;
    json::array out;
    for (const auto& s : known.all()) {
        out.add(s.record(sns).json());
        for (const auto& [kind, arn] : s.topics) covered.push_back(arn);
    }
    // Topics named in the settings, and those that nobody asked for.
    for (const auto& e : sns.records())
        if (!has(covered, e.arn())) out.add(e.shown());
    co_return document(out.text());
}

std::string fetcher::endpoints(const std::string& address, const std::vector<std::string>& kinds) const {
    const auto u = url::parse(address);
    if (!u) throw failure::invalid("url is not an http or https URL without user information");
    std::string to = address;
    if (!user_.empty()) {
        const auto password = host_.secret("basic_password");
        if (!password) throw failure::refused("basic_password has no value");
        to.insert(to.find("://") + 3, percent_encode(user_) + ":" + percent_encode(*password) + "@");
    }
    json::object out;
    for (const auto kind : k_kinds)
        if (has(kinds, kind)) out.add(std::string(kind) + "Endpoint", to);
    return out.text();
}

/// Asks iVvy and pins what it answers. Gives what the subscription then is; nothing of it is remembered yet.
job<subscribed> fetcher::subscribe_at(std::string id, std::string address, std::vector<std::string> asked, const sns::receiver* sns) const {
    const auto kinds = or_all(asked);
    const api_answer answer = co_await api_.call("account?action=subscribeToNotifications", endpoints(address, kinds));
    if (answer.missing()) co_return failure::invalid(answer.reason());
    subscribed out{std::move(id), std::move(address), std::move(asked), {}, {}};
    std::string refused;
    for (const std::string& kind : kinds) {
        const auto success = answer.json()[kind + "Success"], topic = answer.json()[kind + "TopicId"];
        const auto arn = sns::topic_arn::parse(topic.text());
        // The documented answer leaves out "ari": its topic has to be approved, or named in topic_arns, when it asks for confirmation.
        if (!success && !topic) continue;
        if (!arn || !success.boolean().value_or(false)) {
            refused += (refused.empty() ? "" : ", ") + kind;
            continue;
        }
        out.topics[kind] = arn->text();
        co_await sns->pin(*arn, kind);
    }
    if (out.topics.empty())
        co_return failure::refused("iVvy subscribed the address to none of " + (refused.empty() ? "these kinds" : refused));
    if (!refused.empty()) out.detail = "iVvy did not subscribe " + refused;
    co_return out;
}

job<result> fetcher::subscribe(const json::document& arguments, const sns::receiver& sns) const {
    const std::string address(arguments["url"].text());
    std::string id;
    {
        const subscribed_list known(host_);
        const subscribed* again = known.find_url(address);
        id = again ? again->id : known.free_id(account_);
    }
    subscribed made = co_await subscribe_at(std::move(id), address, kinds_of(arguments["events"]), &sns);
    subscribed_list known(host_);
    const std::string shown = made.record(sns).json().text();
    known.put(std::move(made));
    co_return document(shown).state(one(known.change()));
}

job<result> fetcher::update(const json::document& arguments, const sns::receiver& sns) const {
    const std::string id(arguments["id"].text()), address(arguments["url"].text());
    std::optional<subscribed> before;
    {
        const subscribed_list known(host_);
        if (const subscribed* s = known.find(id)) before = *s;
    }
    if (!before) co_return failure::invalid("no subscription " + printable(id, 200) + " is remembered here; subscribe anew");
    subscribed made = co_await subscribe_at(id, address, kinds_of(arguments["events"]), &sns);
    std::vector<std::string> dropped;
    for (const auto& [kind, arn] : before->topics)
        if (before->url != address || !has(or_all(made.asked), kind)) dropped.push_back(kind);
    if (!dropped.empty()) co_await unsubscribe_at(before->url, dropped);
    subscribed_list known(host_);
    const std::string shown = made.record(sns).json().text();
    known.put(std::move(made));
    co_return document(shown).state(one(known.change()));
}

/// Success also where there is nothing (any more). Throws what the worst result means.
job<void> fetcher::unsubscribe_at(std::string address, std::vector<std::string> kinds) const {
    const api_answer answer = co_await api_.call("account?action=unsubscribeFromNotifications", endpoints(address, kinds));
    if (answer.missing()) co_return;
    std::string text;
    bool unconfirmed = false, other = false;
    for (const std::string& kind : kinds) {
        const auto code = answer.json()[kind + "Result"];
        if (!code) continue; // "ari", of which the documented answer does not tell
        const int64_t number = detail::parse_digits(id_text(code), 3).value_or(0);
        if (number == 1 || number == 2 || number == 4) continue;
        (number == 6 ? unconfirmed : other) = true;
        text += (text.empty() ? "" : "; ") + kind + ": " + std::string(explain_unsubscribe(number));
    }
    if (other) throw failure::refused("iVvy did not unsubscribe: " + text);
    if (unconfirmed) throw failure::retry("iVvy did not unsubscribe: " + text, std::chrono::hours(1));
}

job<result> fetcher::unsubscribe(const json::document& arguments) const {
    const std::string id(arguments["id"].text());
    std::string address(arguments["url"].text());
    std::vector<std::string> kinds = or_all(kinds_of(arguments["events"]));
    if (id.empty() == address.empty()) co_return failure::invalid("give either id or url");
    if (!id.empty()) {
        const subscribed_list known(host_);
        const subscribed* s = known.find(id);
        if (!s)
            co_return failure::invalid(
                "no subscription " + printable(id, 200) +
                " is remembered here; the operation \"subscriptions\" lists them, and an address can be given as url");
        address = s->url;
        kinds = or_all(s->asked);
    }
    co_await unsubscribe_at(address, kinds);
    subscribed_list known(host_);
    const subscribed* gone = id.empty() ? known.find_url(address) : known.find(id);
    if (!gone || (id.empty() && arguments["events"].size() > 0)) co_return done();
    known.remove(std::string(gone->id));
    co_return done(one(known.change()));
}

} // namespace ivvy
