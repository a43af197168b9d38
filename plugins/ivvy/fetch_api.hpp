// iVvy's API: POST /api/1.0/<namespace>?action=<action>, every request signed (developer.ivvy.com, "getting started").
#pragma once

#include <gatehouse/iso_time.hpp>
#include <gatehouse/source.hpp>
#include <gatehouse/url.hpp>

#include "message.hpp"

namespace ivvy {

/// What is signed, in lower case and without separators: "POST", MD5 of the body in hexadecimal digits, the exact Content-Type, the Date
/// header (empty, since IVVY-Date takes its place), path with query, version, and the IVVY headers.
inline std::string iws_text(std::string_view body_md5, std::string_view content_type, std::string_view path_and_query,
                            std::string_view ivvy_date) {
    return lower("post" + std::string(body_md5) + std::string(content_type) + std::string(path_and_query) +
                 "1.0ivvydate=" + std::string(ivvy_date));
}

/// An answer without an error, or one that says that there is no such entity.
class api_answer {
public:
    api_answer(std::string body, bool missing, std::string reason)
        : body_(std::move(body)), json_(gatehouse::json::parse(body_)), missing_(missing), reason_(std::move(reason)) {}
    const std::string& body() const { return body_; }
    gatehouse::json::value json() const { return json_.root(); }
    bool missing() const { return missing_; }
    const std::string& reason() const { return reason_; }

private:
    std::string body_;
    gatehouse::json::document json_;
    bool missing_;
    std::string reason_;
};

/// Jobs of one source, which it outlives.
class api {
public:
    /// Throws setting_error.
    api(gatehouse::host h, const gatehouse::settings& s);

    /// what: "<namespace>?action=<action>". Errors are told by the body (errorCode, a number or a string), whatever the status says: not
    /// found is an answer, all others are thrown: 429, 500, 461, stale and race conditions as retry, 401, 403, 462, 463 as refused, the
    /// rest as invalid.
    gatehouse::job<api_answer> call(std::string what, std::string body) const;

private:
    gatehouse::http::request sign(const std::string& what, const std::string& body) const;

    gatehouse::host host_;
    std::string origin_, base_;
};

} // namespace ivvy
