#include "fetch.hpp"

using namespace gatehouse;

namespace wicket {

namespace {

/// Errors carry either "message" or "error_fields"; 403 comes from the gateway before the application, with "message" only.
std::string reason_of(const json::document& answer) {
    const std::string_view code = answer["error_fields"].text(), text = answer["message"].text();
    return printable(!code.empty() ? code : !text.empty() ? text : "no reason given");
}

failure unwanted(const http::response& answer, const std::string& what, time_point now) {
    const int s = answer.status();
    if (answer.net() != GATEHOUSE_NET_OK || s == 408 || s == 425 || s == 429 || s >= 500) return http::to_failure(answer, what, now);
    const std::string text = what + ": status " + std::to_string(s) + ", " + reason_of(answer.json());
    if (s == 401 || s == 403) return failure::refused(text + "; check api_key");
    if (s == 404) return failure::refused(text + "; is api_url the address that ends in /b2b?");
    return failure::invalid(text);
}

} // namespace

api::api(host h, const settings& s) : host_(h), application_(s["application_id"].text()) {
    const auto u = url::parse(s["api_url"].text());
    if (!u || u->path_and_query() != u->path()) throw setting_error("api_url", "is not an http or https URL, without query");
    user_data_ = u->join("user-data/read");
    user_subs_ = u->join("vendor/user-subs/get");
}

http::request api::call(std::string_view where, const json::object& body) const {
    return http::post(where).secret_header("x-api-key", "", "api_key").header("Accept", "application/json").json(body);
}

job<result> api::user_data(const stored_event& e) const {
    const std::string user = e.subject();
    if (user.empty()) co_return failure::invalid("the notification names no application_user_sub");
    const auto body = json::object::of("application_user_sub", user);
    const http::response answer = co_await call(user_data_, body);
    const std::string what = "POST user-data/read";
    const json::document d = answer.json();
    if (answer.status() == 404 && d["error_fields"].text() == "USER_NOT_FOUND") co_return gone("USER_NOT_FOUND");
    if (answer.status() != 200) co_return unwanted(answer, what, host_.now());
    if (!d["user_data"].is_object() || d["application_user_sub"].text() != user)
        co_return failure::invalid(what + ": status 200, but the body is not that user's data");
    co_return document(answer.body());
}

job<result> api::user_subs(const json::document& arguments) const {
    const json::value user = arguments["application_user_sub"], email = arguments["email"], id = arguments["application_id"];
    if (static_cast<bool>(user) == static_cast<bool>(email)) co_return failure::invalid("give either application_user_sub or email");
    if (!id && application_.empty()) co_return failure::invalid("give application_id, here or in the settings");
    json::object body;
    body.add("application_id", id ? id.text() : std::string_view(application_));
    if (user) body.add("application_user_sub", user.text());
    if (email) body.add("email", email.text());
    const http::response answer = co_await call(user_subs_, body);
    const std::string what = "POST vendor/user-subs/get";
    const json::document d = answer.json();
    if (answer.status() == 200 && d["data"].is_object()) co_return document(std::string(d["data"].raw()));
    // The documentation's meanings of 400 and 401 look exchanged: the code decides, not the status.
    const std::string_view code = d["error_fields"].text();
    if (code == "USER_NOT_FOUND" || code == "EMAIL_NOT_FOUND")
        co_return failure::invalid("Wicket knows no such user (" + std::string(code) + ")");
    if (code == "VENDOR_NOT_FOUND") co_return failure::invalid("Wicket knows no such application_id (VENDOR_NOT_FOUND)");
    if (code == "INCORRECT_EMAIL") co_return failure::invalid("Wicket takes this for no e-mail address (INCORRECT_EMAIL)");
    if (code == "MISSING_PARAMETERS")
        co_return failure::invalid("Wicket misses a parameter, or the key is of another application (MISSING_PARAMETERS)");
    if (code == "UNAUTHORIZED") co_return failure::refused("Wicket refuses the key for this application_id (UNAUTHORIZED); check api_key");
    co_return unwanted(answer, what, host_.now());
}

} // namespace wicket
