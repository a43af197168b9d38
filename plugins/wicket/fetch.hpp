// Wicket's back-end API (docs.tisagroup.ch/wicket, "apis-b2b"): always POST, JSON, the key in x-api-key.
#pragma once

#include <gatehouse/source.hpp>
#include <gatehouse/url.hpp>

namespace wicket {

inline constexpr std::string_view k_user_subs_schema = R"({
  "type": "object", "additionalProperties": false, "properties": {
    "application_id": {"type": "string", "maxLength": 200, "description": "Without it the setting of that name"},
    "application_user_sub": {"type": "string", "maxLength": 200},
    "email": {"type": "string", "maxLength": 320}
  }})";

/// Jobs of one source, which it outlives.
class api {
public:
    /// Throws setting_error.
    api(gatehouse::host h, const gatehouse::settings& s);

    /// POST …/user-data/read for the event's subject. 200: the document; 404 USER_NOT_FOUND: gone; 403: our key, refused; 400: invalid;
    /// 429, 5xx, no answer: again later.
    gatehouse::job<gatehouse::result> user_data(const gatehouse::stored_event& e) const;
    /// POST …/vendor/user-subs/get by application_user_sub or e-mail. The result is the answer's "data".
    gatehouse::job<gatehouse::result> user_subs(const gatehouse::json::document& arguments) const;

private:
    gatehouse::http::request call(std::string_view path, const gatehouse::json::object& body) const;

    gatehouse::host host_;
    std::string user_data_, user_subs_, application_;
};

} // namespace wicket
