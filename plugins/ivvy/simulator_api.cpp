#include "simulator_api.hpp"

#include <gatehouse/encoding.hpp>
#include <gatehouse/iso_time.hpp>

#include <openssl/hmac.h>

#include <algorithm>

#include "message.hpp"

namespace ivvy::sim {

namespace {

constexpr int64_t k_most_per_page = 50; ///< most calls cap perPage without saying so
constexpr auto k_tolerance = std::chrono::minutes(5);

/// Everything in lower case and without separators: "POST", Content-MD5, Content-Type, Date (empty when there is IVVY-Date), path with
/// query, version, and the IVVY headers sorted as name=value.
std::string text_to_sign(const gatehouse::request& r) {
    std::vector<std::string> own;
    for (size_t i = 0; i < r.header_count(); ++i) {
        const auto [name, value] = r.header_at(i);
        std::string plain;
        for (const char c : lower(std::string(name)))
            if (c != '-' && c != '_') plain += c;
        if (plain.starts_with("ivvy")) own.push_back(plain + "=" + std::string(value));
    }
    std::sort(own.begin(), own.end());
    std::string joined;
    for (const std::string& o : own) joined += (joined.empty() ? "" : "&") + o;
    const std::string_view date = r.header("ivvy-date") ? std::string_view() : r.header("date").value_or("");
    return lower(std::string(r.method()) + std::string(r.header("content-md5").value_or("")) +
                 std::string(r.header("content-type").value_or("")) + std::string(date) + std::string(r.target()) + "1.0" + joined);
}

std::string hmac_sha1(const std::string& key, const std::string& text) {
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()), text.size(), out,
         &size);
    return hex_of({reinterpret_cast<const char*>(out), size});
}

api_answer ok(const std::string& body) {
    return {200, {{"Content-Type", "application/json"}}, body};
}

} // namespace

api::api(simulator_host host, api_settings s, model& m, sns_sim::service& sns)
    : host_(host), settings_(std::move(s)), model_(m), sns_(sns) {}

api_answer api::error(int code, int64_t specific, std::string_view message) const {
    json::object out{{"errorCode", code}, {"message", message}};
    if (specific) out.add("specificCode", specific);
    return {settings_.status_of_errors && code < 460 ? code : 200, {{"Content-Type", "application/json"}}, out.text()};
}

std::optional<api_answer> api::refuse(const gatehouse::request& r) const {
    const std::string expected = "IWS " + settings_.key + ":" + hmac_sha1(settings_.secret, text_to_sign(r));
    if (r.header("content-md5").value_or("") != hex_digest("MD5", r.body())) return error(400, 23016, "'Content-MD5' does not validate");
    if (r.header("x-api-authorization").value_or("") != expected) return error(401, 0, "Unauthorized");
    std::string date(r.header("ivvy-date").value_or(""));
    if (date.ends_with(" UTC")) date.resize(date.size() - 4);
    const auto at = date.empty() ? gatehouse::parse_http_date(r.header("date").value_or(""), host_.wall_now())
                                 : gatehouse::parse_clock_text(date, ' ', "");
    const auto age = at ? host_.wall_now() - *at : gatehouse::milliseconds::max();
    if (age > k_tolerance || age < -k_tolerance) return error(401, 23005, "Request is stale");
    return std::nullopt;
}

api_answer api::serve(const gatehouse::request& r) {
    constexpr std::string_view begin = "/api/1.0/";
    if (!r.path().starts_with(begin)) return {404, {{"Content-Type", "text/plain"}}, "not found"};
    if (r.method() != "POST") return error(405, 0, "Method not allowed");
    if (auto refused = refuse(r)) return std::move(*refused);
    const std::string what = std::string(r.path().substr(begin.size())) + "?action=" + sns_sim::parameters(r.query())["action"];
    ++calls_[what];
    if (what == "test?action=ping") return ok(json::object{{"timestamp", gatehouse::clock_text(host_.wall_now(), ' ')}}.text());
    const json::document body = json::parse(r.body().empty() ? std::string_view("{}") : r.body());
    if (!body || !body.root().is_object()) return error(400, 23016, "'body' does not validate");
    if (what == "account?action=subscribeToNotifications") return subscribe(body.root());
    if (what == "account?action=unsubscribeFromNotifications") return unsubscribe(body.root());
    return entity_call(what, body.root());
}

api_answer api::page(const std::vector<const record*>& all, json::value a) const {
    const int64_t total = static_cast<int64_t>(all.size());
    const int64_t start = std::clamp<int64_t>(a["start"].integer().value_or(0), 0, total);
    const int64_t per_page = std::clamp<int64_t>(a["perPage"].integer().value_or(k_most_per_page), 1, k_most_per_page);
    json::array results;
    int64_t count = 0;
    for (; count < per_page && start + count < total; ++count) results.add(all[static_cast<size_t>(start + count)]->render());
    return ok(json::object{
        {"meta", json::object{{"totalResults", total}, {"start", start}, {"perPage", per_page}, {"count", count}}},
        {"results",
         results}}.text());
}

/// Whether the ends of the filter are taken in is not documented; here they are.
api_answer api::dated(const dated_list& list, json::value a) const {
    const std::string after(a["filter"][list.after].text()), before(a["filter"][list.before].text());
    std::vector<const record*> all;
    for (const record* r : model_.list(parse_subject(std::string(list.entity) + "Added").of, json::value()))
        if ((after.empty() || r->modified >= after) && (before.empty() || r->modified <= before)) all.push_back(r);
    return page(all, a);
}

api_answer api::entity_call(std::string_view what, json::value a) {
    for (const dated_list& list : k_dated_lists)
        if (what == list.call) return dated(list, a);
    const auto of = std::find_if(k_entities.begin(), k_entities.end(), [&](const entity& e) { return !e.call.empty() && e.call == what; });
    if (of == k_entities.end()) return error(404, 0, "'action' is not known");
    if (of->how == read_by::dates) {
        if (!a["venueId"]) return error(400, 23017, "'venueId' is required");
        return ok(json::object{{"results", model_.rows(of->name, a)}}.text());
    }
    if (of->how == read_by::id) {
        if (!a["id"]) return error(400, 23017, "'id' is required");
        const record* found = model_.find(&*of, id_text(a["id"]));
        if (found) return ok(found->render().text());
        const int64_t specific = of->name == "Company" ? 24153 : of->name == "Contact" ? 24096 : of->name == "Invoice" ? 24137 : 0;
        return error(404, specific, std::string(of->name) + " not found");
    }
    for (const std::string_view parent : of->parents)
        if (!parent.empty() && !a[parent]) return error(400, 23017, "'" + std::string(parent) + "' is required");
    return page(model_.list(&*of, a), a);
}

std::string api::topic_of(std::string_view kind) {
    auto& arn = topics_[std::string(kind)];
    if (arn.empty()) {
        std::string suffix(kind);
        suffix[0] = static_cast<char>(suffix[0] - 32);
        // Documented for companies; the names of the others are guessed after it.
        arn = sns_.create_topic("iVvy_Account_" + settings_.account + "_" + sns_sim::hex(host_, 40) + "_Notif" + suffix).arn;
    }
    return arn;
}

void api::subscribe_all(std::string_view url) {
    for (const std::string_view kind : k_kinds)
        owners_.insert(sns_.subscribe(topic_of(kind), url, sns_sim::form::enveloped, sns_.settings().policy).arn);
}

api_answer api::subscribe(json::value a) {
    if (!settings_.may_subscribe) return error(403, 0, "Not Allowed");
    for (const std::string_view kind : k_kinds) {
        const auto url = a[std::string(kind) + "Endpoint"];
        if (!url) continue;
        if (!url.text().starts_with("http")) return error(400, 23016, "'" + std::string(kind) + "Endpoint' does not validate");
        owners_.insert(sns_.subscribe(topic_of(kind), url.text(), sns_sim::form::enveloped, sns_.settings().policy).arn);
    }
    json::object out;
    for (const std::string_view kind : k_kinds) {
        if (kind == "ari") continue; // the samples of the documentation do not have it
        const auto known = topics_.find(kind);
        const bool there =
            known != topics_.end() && std::any_of(sns_.subscriptions().begin(), sns_.subscriptions().end(), [&](const auto& s) {
                return s.topic == known->second && s.is != sns_sim::subscription::state::ended;
            });
        out.add(std::string(kind) + "Success", there);
        out.add(std::string(kind) + "TopicId", there ? json::item(known->second) : json::item(nullptr));
    }
    return ok(out.text());
}

/// The documented results: 1 done, 2 not asked for, 4 no such endpoint, 5 another key's, 6 not confirmed yet.
int api::unsubscribe_one(std::string_view kind, std::string_view url) {
    const std::string plain = sns_sim::endpoint::parse(url).url;
    for (auto& s : sns_.subscriptions()) {
        if (s.topic != topics_[std::string(kind)] || s.to.url != plain || s.is == sns_sim::subscription::state::ended) continue;
        if (!owners_.contains(s.arn)) return 5;
        if (s.is == sns_sim::subscription::state::pending) return 6;
        sns_.unsubscribe(s);
        return 1;
    }
    return 4;
}

api_answer api::unsubscribe(json::value a) {
    if (!settings_.may_subscribe) return error(403, 0, "Not Allowed");
    json::object out;
    for (const std::string_view kind : k_kinds) {
        const auto url = a[std::string(kind) + "Endpoint"];
        const int code = url ? unsubscribe_one(kind, url.text()) : 2;
        if (kind != "ari") out.add(std::string(kind) + "Result", code);
    }
    return ok(out.text());
}

} // namespace ivvy::sim
