// API calls with a token that is fetched when needed: OAuth 2.0 client credentials (RFC 6749 section 4.4) and its relatives.
#pragma once

#include <gatehouse/job.hpp>

#include <functional>
#include <mutex>

namespace gatehouse::oauth2 {

/// One per source, a member of the source object: the token lives in its memory only and is never logged.
///
///     oauth2::client api_(host, [] { return http::post("https://…/token").secret_header("Authorization", "Basic ", "api_key")…; });
///     auto answer = co_await api_.send(http::get(url));
///
/// Jobs that need a token at the same time cost one token request (share_key). A token is used until `margin` before it expires. When an
/// API answers with a refresh status (401), that token is forgotten, a new one fetched and the request repeated, once.
///
/// The token goes wherever the request's URL points: compare a URL from a message with url::under before sending it here.
class client {
public:
    using make_request = std::function<http::request()>;
    /// What an unwanted answer of the token endpoint means; without it http::to_failure.
    using judge = std::function<failure(const http::response&)>;

    client(host h, make_request token_request) : host_(h), token_request_(std::move(token_request)) {}
    client& margin(milliseconds m) {
        margin_ = m;
        return *this;
    }
    client& refresh_on(std::vector<int> statuses) {
        refresh_on_ = std::move(statuses);
        return *this;
    }
    client& token_failure(judge j) {
        judge_ = std::move(j);
        return *this;
    }

    /// A valid token: from memory, or fetched.
    job<std::string> token() {
        if (auto known = cached()) co_return std::move(*known);
        http::request r = token_request_();
        r.share_key("oauth2.token");
        const auto asked_at = host_.now();
        const http::response answer = co_await std::move(r);
        if (answer.status() != 200) {
            if (judge_) co_return judge_(answer);
            co_return http::to_failure(answer, "token request", host_.now());
        }
        const json::document body = answer.json();
        const std::string_view token = body["access_token"].text();
        if (!good_token(token)) co_return failure::retry("the token endpoint answered 200 without a usable access_token");
        // RFC 6749 section 5.1: expires_in is only recommended, and some send it as a string.
        const json::value expires = body["expires_in"];
        const auto seconds = detail::parse_digits(expires.is_string() ? expires.text() : expires.number(), 9);
        store(std::string(token), asked_at + std::chrono::seconds(seconds.value_or(k_unknown_life_seconds)));
        co_return std::string(token);
    }

    /// The request with "Authorization: Bearer <token>".
    job<http::response> send(http::request request) {
        std::vector<http::request> one;
        one.push_back(std::move(request));
        auto answers = co_await send_all(std::move(one));
        co_return std::move(answers.front());
    }

    /// Several in parallel, 1 to 64, all repeated when one of them asks for a new token: use it for requests that may be repeated.
    job<std::vector<http::response>> send_all(std::vector<http::request> requests) {
        for (bool again = false;; again = true) {
            const std::string used = co_await token();
            std::vector<http::request> copies = requests;
            for (auto& r : copies) r.header("Authorization", "Bearer " + used);
            std::vector<http::response> answers = co_await http::all(std::move(copies));
            bool stale = false;
            for (const auto& a : answers)
                for (int status : refresh_on_) stale |= a.status() == status;
            if (stale) forget(used);
            if (!stale || again) co_return std::move(answers);
        }
    }

    /// Forgets the token if it is still this one: another job may have a new one already.
    void forget(std::string_view used) {
        const std::lock_guard lock(mutex_);
        if (token_ == used) token_.clear();
    }

private:
    std::optional<std::string> cached() {
        const std::lock_guard lock(mutex_);
        if (token_.empty() || host_.now() + margin_ >= expires_at_) return std::nullopt;
        return token_;
    }
    void store(std::string token, time_point expires_at) {
        const std::lock_guard lock(mutex_);
        token_ = std::move(token);
        expires_at_ = expires_at;
    }
    /// RFC 6750 section 2.1, and it must fit into a header.
    static bool good_token(std::string_view t) {
        for (char c : t)
            if (c <= 0x20 || c >= 0x7f) return false;
        return !t.empty() && t.size() <= 8192;
    }

    static constexpr int64_t k_unknown_life_seconds = 300;

    host host_;
    make_request token_request_;
    judge judge_;
    milliseconds margin_ = std::chrono::minutes(1);
    std::vector<int> refresh_on_ = {401};
    std::mutex mutex_;
    std::string token_;
    time_point expires_at_{};
};

} // namespace gatehouse::oauth2
