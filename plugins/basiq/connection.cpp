#include "connection.hpp"

using namespace gatehouse;

namespace basiq {

std::string provider_reason(const http::response& answer) {
    const json::document body = answer.json();
    const json::value errors = body["data"];
    const json::value first = errors.is_array() ? errors[0] : errors;
    std::string out;
    if (const auto code = first["code"].text(); !code.empty()) out += "code " + printable(code, 60);
    if (const auto id = body["correlationId"].text(); !id.empty())
        out += (out.empty() ? "" : ", ") + ("correlation id " + printable(id, 60));
    if (const auto words = first["detail"].text(); !words.empty()) out += (out.empty() ? "" : ": ") + printable(words, 200);
    return out.empty() ? out : " (" + out + ")";
}

connection::connection(gatehouse::host h, url api)
    : host_(h), api_(std::move(api)), client_(h, [this] {
          // The key is issued in base64 already: it follows "Basic " as it is.
          return http::post(at("token"))
              .secret_header("Authorization", "Basic ", "api_key")
              .header("basiq-version", "3.0")
              .form("scope", "SERVER_ACCESS");
      }) {
    client_.margin(std::chrono::minutes(2)).token_failure([this](const http::response& answer) { return judge_token(answer); });
}

std::string connection::pinned(std::string_view member, std::string_view link) const {
    const auto u = url::parse(link);
    if (!u) throw failure::invalid(std::string(member) + " is not a usable http or https URL: \"" + printable(link) + "\"; not fetched");
    if (!u->under(api_))
        throw failure::invalid(std::string(member) + " points to " + printable(u->origin() + u->path()) +
                               ", not to the configured api_url " + api_.text() + "; not fetched, so that the API token does not go there");
    return u->text();
}

failure connection::judge(std::string_view what, const http::response& answer) const {
    std::string text = std::string(what) + ": status " + std::to_string(answer.status()) + provider_reason(answer);
    if (answer.status() == 403)
        return failure::retry(text + "; access denied or rate limit, see the API key's permissions if it stays",
                              answer.retry_after(host_.now()));
    if (answer.status() == 401) return failure::refused(text + " with a new token; check api_key");
    return http::to_failure(answer, std::string(what) + provider_reason(answer), host_.now());
}

failure connection::judge_token(const http::response& answer) const {
    const std::string text = "POST /token: status " + std::to_string(answer.status()) + provider_reason(answer);
    switch (answer.status()) {
        case 400:
            return failure::refused(text + "; is api_key the whole key as Basiq issued it?");
        case 401:
            return failure::refused(text + "; check api_key");
        case 403:
            return failure::retry(text + "; the account is disabled, or too many token calls within 5 minutes",
                                  answer.retry_after(host_.now()));
        case 404:
            return failure::refused(text + "; Basiq does not know this api_key");
        default:
            return http::to_failure(answer, "POST /token" + provider_reason(answer), host_.now());
    }
}

json::document connection::body_of(std::string_view what, const http::response& answer) const {
    if (answer.status() != 200 && answer.status() != 201) throw judge(what, answer);
    json::document body = answer.json();
    if (!body)
        throw failure::retry(std::string(what) + ": answered " + std::to_string(answer.status()) +
                             " with what is not JSON: " + body.error());
    return body;
}

} // namespace basiq
