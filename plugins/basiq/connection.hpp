// Basiq's API from this source: where it is, the token, and what its answers mean.
#pragma once

#include <gatehouse/oauth2.hpp>
#include <gatehouse/plugin.hpp>

namespace basiq {

class connection {
public:
    /// api: the configured api_url. The token never goes anywhere else.
    connection(gatehouse::host host, gatehouse::url api);
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    /// A link of Basiq's, checked to lie below api_url; invalid when it does not. `member`: its name, for the error.
    std::string pinned(std::string_view member, std::string_view link) const;
    /// "notifications/webhooks" below api_url.
    std::string at(std::string_view path) const { return api_.join(path); }

    /// May be repeated with a new token (401): for requests that do no harm twice.
    gatehouse::job<gatehouse::http::response> send(gatehouse::http::request r) { return client_.send(std::move(r)); }
    gatehouse::job<std::vector<gatehouse::http::response>> send_all(std::vector<gatehouse::http::request> r) {
        return client_.send_all(std::move(r));
    }

    /// retry: no answer, 429 (Retry-After obeyed), 403 (it may mean a rate limit: api.basiq.io, "API rate limiting"), 5xx. refused: 401
    /// with a fresh token, a wrong API key. invalid: any other status, with Basiq's own words.
    gatehouse::failure judge(std::string_view what, const gatehouse::http::response& answer) const;
    /// A 200 that is JSON; otherwise throws what judge says, or retry.
    gatehouse::json::document body_of(std::string_view what, const gatehouse::http::response& answer) const;

    gatehouse::host host() const { return host_; }

private:
    gatehouse::failure judge_token(const gatehouse::http::response& answer) const;

    gatehouse::host host_;
    gatehouse::url api_;
    gatehouse::oauth2::client client_;
};

/// " (code access-denied, correlation id …)" from the error body that all of Basiq's APIs share; "" when there is none.
std::string provider_reason(const gatehouse::http::response& answer);

} // namespace basiq
