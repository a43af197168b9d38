// Signing keys fetched by verifier jobs, kept in the source object.
#pragma once

#include <gatehouse/answer.hpp>
#include <gatehouse/host.hpp>

#include <functional>
#include <mutex>

namespace gatehouse::verify {

/// Keys by the URL they came from. Look a URL up only after it has passed its rules: what is in the cache is trusted.
///
/// A fetch that fails leaves nothing behind. What arrived whole but is no acceptable key (see `read`) is remembered as such for a minute,
/// so that the request that asked for it can be refused for that reason, and the next one after a minute looks again.
///
/// Any thread. K: the key's type, immutable.
template <class K>
class key_cache {
public:
    /// The key, or why it is none; exactly one of them is set.
    class entry {
    public:
        explicit entry(std::shared_ptr<const K> key) : key_(std::move(key)) {}
        explicit entry(std::string fault) : fault_(std::move(fault)) {}
        const std::shared_ptr<const K>& key() const { return key_; }
        const std::string& fault() const { return fault_; }

    private:
        std::shared_ptr<const K> key_;
        std::string fault_;
    };
    /// Makes an entry of a body that came with status 200. Throws failure::retry when it is not even an attempt at a key.
    using reader = std::function<entry(const std::string& body)>;

    key_cache(host h, std::string what, reader read) : host_(h), what_(std::move(what)), read_(std::move(read)) {}

    std::optional<entry> find(std::string_view url) const {
        const std::lock_guard lock(mutex_);
        for (const auto& k : known_)
            if (k.url == url) {
                if ((k.doubted || !k.value.key()) && host_.now() - k.at > k_fault_life) return std::nullopt;
                return k.value;
            }
        return std::nullopt;
    }

    /// Beyond `k_most` entries the oldest goes.
    void put(std::string_view url, entry e) {
        const std::lock_guard lock(mutex_);
        std::erase_if(known_, [&](const auto& k) { return k.url == url; });
        if (known_.size() >= k_most) known_.erase(known_.begin());
        known_.push_back({std::string(url), std::move(e), host_.now()});
    }
    /// This key did not fit its message for a reason of its own (a wrong name): after a minute, look again what is there now.
    void doubt(std::string_view url) {
        const std::lock_guard lock(mutex_);
        for (auto& k : known_)
            if (k.url == url) k.doubted = true;
    }

    /// The job for a verifier that misses the key of `url`. Jobs under way together cost one request (share_key); `from` is the address
    /// really asked, the same as `url` unless a setting leads elsewhere. Any answer but 200 ends in failure::retry: the sender hears 503.
    job<result> fetch(std::string url, std::string from) {
        if (find(url)) co_return done();
        const http::response answer = co_await http::get(from).share_key(what_ + " " + url).max_response(k_most_body).timeout(k_timeout);
        if (find(url)) co_return done();
        if (answer.net() != GATEHOUSE_NET_OK || answer.status() != 200) co_return not_fetched(answer, from);
        put(url, read_(answer.body()));
        co_return done();
    }

private:
    failure not_fetched(const http::response& answer, const std::string& from) const {
        const std::string why = answer.net() == GATEHOUSE_NET_OK ? "status " + std::to_string(answer.status()) : answer.error();
        return failure::retry(what_ + " could not be fetched from " + printable(from, 300) + ": " + why, answer.retry_after(host_.now()));
    }

    static constexpr size_t k_most = 64;
    static constexpr uint64_t k_most_body = 16 * 1024;
    // A sender must hear 503 in time (SNS waits 15 s), also where two keys are fetched one after the other.
    static constexpr milliseconds k_timeout{4'500};
    static constexpr milliseconds k_fault_life{60'000};

    struct known {
        std::string url;
        entry value;
        time_point at;
        bool doubted = false;
    };
    host host_;
    std::string what_;
    reader read_;
    mutable std::mutex mutex_;
    std::vector<known> known_;
};

} // namespace gatehouse::verify
