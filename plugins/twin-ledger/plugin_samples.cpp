#include "plugin_samples.hpp"

#include "plugin_samples_data.hpp"

using namespace gatehouse;

namespace twin_ledger {

namespace {

const time_point k_at = at_seconds(1'772'366'400);
constexpr std::string_view k_settings = R"({
  "topics": ["line-4"], "account": "3b1e0a6c-6a52-4b54-9a8f-0d6f1e6b2c11", "user_secret": "u",
  "client_secret": "c1i2e3n4t5-_6789", "server_secret": ["an-older-server-secret", "server-secret-0123456789abcdefghij"],
  "hash": {"order": ["type", "trigger", "message", "twin", "event", "sent_ts", "subscription"],
           "numbers": "raw", "dictionaries": "raw", "digest": "hex"}})";

std::string post(std::string_view body) {
    return "POST /sample HTTP/1.1\nHost: hooks.example\nContent-Type: application/json\nContent-Length: " + std::to_string(body.size()) +
           "\n\n" + std::string(body);
}

std::string with(std::string_view body, std::string_view from, std::string_view to) {
    std::string out(body);
    return out.replace(out.find(from), from.size(), to);
}

} // namespace

std::vector<sample> samples() {
    std::vector<sample> out;
    const auto accept = [&](std::string_view name, std::string_view body, std::string_view type) {
        out.push_back(sample::accept(name, k_settings, k_at, post(body), type));
    };
    const auto refuse = [&](std::string_view name, std::string_view body, std::string_view code, time_point at = k_at) {
        out.push_back(sample::refuse(name, k_settings, at, post(body), code));
    };
    accept("two entries updated", data::k_updated, "ledger.entry.updated");
    accept("a space in the trigger", data::k_typo, "ledger.entry.updated");
    accept("sticker removed, short spelling", data::k_sticker, "sticker.removed");
    accept("confirmation", data::k_confirmation, "subscription.confirmation");

    refuse("hashed with another key", data::k_foreign_key, "hash_mismatch");
    refuse("changed value", with(data::k_updated, "21.50", "22.50"), "hash_mismatch");
    refuse("the same value written otherwise", with(data::k_updated, "21.50", "21.5"), "hash_mismatch");
    refuse("other refresh URL", with(data::k_updated, "cmVmcmVzaA==", "Y2hhbmdlZA=="), "hash_mismatch");
    refuse("no hash", data::k_no_hash, "hash_missing");
    refuse("another topic", data::k_foreign_topic, "topic_foreign");
    refuse("another account", data::k_foreign_account, "account_foreign");
    refuse("confirmation URL at another host", data::k_foreign_url, "confirmation_url_foreign");
    refuse("two days old", data::k_updated, "timestamp_too_old", k_at + std::chrono::hours(48));
    refuse("not JSON", "{\"type\":", "body_malformed");
    refuse("a member twice", with(data::k_updated, "{\"type\"", "{\"twin\":\"x\",\"type\""), "body_malformed");
    return out;
}

} // namespace twin_ledger
