#include "simulator_api.hpp"

namespace wicket::sim {

namespace {

api_answer json_answer(int status, const json::object& body) {
    return {status, {{"Content-Type", "application/json"}}, body.text()};
}
/// Errors carry either "message" or "error_fields", and 403 has no "status".
api_answer code_answer(int status, std::string_view code) {
    return json_answer(status, {{"status", status}, {"error_fields", code}});
}

} // namespace

json::object user::data() const {
    return {{"is_club", "true"}, {"club_id", std::to_string(41 + revision)}, {"email", email}, {"revision", std::to_string(revision)}};
}

api::api(simulator_host host, std::string key, std::string application, size_t users)
    : key_(std::move(key)), application_(std::move(application)) {
    for (size_t i = 0; i < users; ++i)
        users_.push_back({sns_sim::hex(host, 50), sns_sim::hex(host, 50), "fan" + std::to_string(i + 1) + "@example.com"});
}

user* api::find(std::string_view sub) {
    for (user& u : users_)
        if (u.sub == sub) return &u;
    return nullptr;
}

user* api::change(std::string_view sub) {
    user* u = nullptr;
    if (!sub.empty())
        u = find(sub);
    else if (!users_.empty())
        u = &users_[turn_++ % users_.size()];
    if (u) ++u->revision;
    return u;
}

api_answer api::serve(const gatehouse::request& r) {
    const auto key = r.header("x-api-key");
    if (!key || *key != key_) return json_answer(403, {{"message", "Forbidden"}});
    const json::document body = json::parse(r.body());
    if (r.method() == "POST" && r.path() == "/b2b/user-data/read") return user_data(body);
    if (r.method() == "POST" && r.path() == "/b2b/vendor/user-subs/get") return user_subs(body);
    return json_answer(404, {{"message", "Not Found"}});
}

api_answer api::user_data(const json::document& body) {
    ++reads_;
    if (!body["application_user_sub"].is_string()) return json_answer(400, {{"status", 400}, {"message", "BAD_REQUEST"}});
    user* u = find(body["application_user_sub"].text());
    if (!u || u->deleted) return code_answer(404, "USER_NOT_FOUND");
    ++u->reads;
    return json_answer(200, {{"application_user_sub", u->sub}, {"user_data", u->data()}, {"user_agreements", json::array()}});
}

api_answer api::user_subs(const json::document& body) {
    const auto sub = body["application_user_sub"], email = body["email"], application = body["application_id"];
    // The page explains 400 and 401 the other way round than their names say; here the names count.
    if (!application.is_string() || (!sub.is_string() && !email.is_string())) return code_answer(400, "MISSING_PARAMETERS");
    if (application.text() == "another-application") return code_answer(401, "UNAUTHORIZED");
    if (application.text() != application_) return code_answer(404, "VENDOR_NOT_FOUND");
    if (email && email.text().find('@') == std::string_view::npos) return code_answer(406, "INCORRECT_EMAIL");
    for (const user& u : users_)
        if (!u.deleted && (sub ? u.sub == sub.text() : u.email == email.text()))
            return json_answer(200, {{"status", 200}, {"data", json::object{{"fan_sub", u.fan_sub}, {"application_user_sub", u.sub}}}});
    return code_answer(404, sub ? "USER_NOT_FOUND" : "EMAIL_NOT_FOUND");
}

} // namespace wicket::sim
