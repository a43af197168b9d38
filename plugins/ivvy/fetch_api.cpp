#include "fetch_api.hpp"

#include <algorithm>

using namespace gatehouse;

namespace ivvy {

namespace {

constexpr std::string_view k_content_type = "application/json";

int64_t code_of(json::value v) {
    return detail::parse_digits(id_text(v), 9).value_or(-1);
}

/// Company, contact, event, invoice not found.
bool says_not_found(int64_t code, int64_t specific) {
    static constexpr int64_t known[] = {24153, 24096, 24097, 24137};
    return code == 404 || std::find(std::begin(known), std::end(known), specific) != std::end(known);
}

failure meaning(int64_t code, int64_t specific, const std::string& text, milliseconds after) {
    if (specific == 23005)
        return failure::retry(text + "; iVvy takes requests within 5 minutes of its clock: is this machine's right?", after);
    if (code == 429 || specific == 24299 || code == 500 || code == 461 || code == 503) return failure::retry(text, after);
    if (code == 401 || code == 403 || code == 462 || code == 463)
        return failure::refused(text + "; check api_key, api_secret and the key's permissions");
    return failure::invalid(text);
}

} // namespace

api::api(host h, const settings& s) : host_(h) {
    const auto u = url::parse(s["api_url"].text());
    if (!u || u->path_and_query() != u->path()) throw setting_error("api_url", "is not an http or https URL, without query");
    if (h.secret_count("api_key") == 0 || h.secret_count("api_secret") == 0)
        throw setting_error(h.secret_count("api_key") ? "api_secret" : "api_key", "is not set: the two go together");
    const auto key = h.secret("api_key");
    if (!key || key->find_first_of(" :\r\n") != std::string::npos || key->empty()) throw setting_error("api_key", "is not a key of iVvy's");
    origin_ = u->origin();
    base_ = u->join("api/1.0/").substr(origin_.size());
}

http::request api::sign(const std::string& what, const std::string& body) const {
    const std::string target = base_ + what, md5 = hex_digest("MD5", body), date = clock_text(host_.now(), ' ');
    const std::string text = iws_text(md5, k_content_type, target, date);
    const std::array<std::string_view, 1> parts = {text};
    const auto mac = host_.hmac(hmac_algorithm::sha1, key_form::raw, "api_secret", 0, parts);
    const auto key = host_.secret("api_key");
    if (!mac || !key) throw failure::refused("api_key or api_secret has no value");
    return http::post(origin_ + target)
        .body(body, k_content_type)
        .header("Accept", "application/json")
        .header("Content-MD5", md5)
        .header("IVVY-Date", date)
        .header("X-Api-Version", "1.0")
        .header("X-Api-Authorization", "IWS " + *key + ":" + hex_of(*mac));
}

job<api_answer> api::call(std::string what, std::string body) const {
    const http::response answer = co_await sign(what, body);
    const std::string name = "POST " + what;
    if (answer.net() != GATEHOUSE_NET_OK) co_return http::to_failure(answer, name, host_.now());
    const json::document d = answer.json();
    if (!d.root().is_object() && !d.root().is_array()) {
        if (answer.status() == 200) co_return failure::retry(name + ": status 200, but the body is no JSON");
        co_return http::to_failure(answer, name, host_.now());
    }
    if (!d["errorCode"]) {
        if (!answer.ok()) co_return http::to_failure(answer, name, host_.now());
        co_return api_answer(answer.body(), false, {});
    }
    const int64_t code = code_of(d["errorCode"]), specific = code_of(d["specificCode"]);
    const std::string text = name + ": errorCode " + printable(id_text(d["errorCode"]), 20) + ", specificCode " +
                             printable(id_text(d["specificCode"]), 20) + ", " + printable(d["message"].text());
    if (says_not_found(code, specific)) co_return api_answer("{}", true, text);
    co_return meaning(code, specific, text, answer.retry_after(host_.now()));
}

} // namespace ivvy
