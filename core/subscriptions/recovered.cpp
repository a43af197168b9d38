#include "core/subscriptions/recovered.hpp"

#include "core/subscriptions/record.hpp"

namespace gh::subscriptions {

using plugin::Json;

namespace {

constexpr size_t k_most_key = 1024; // as of events that a plugin announces
constexpr size_t k_most_type = 200;

constexpr size_t k_least_word = 4; // shorter ones name nothing

bool in_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

uint64_t hash_of(std::string_view type, std::string_view word) {
    const std::hash<std::string_view> hash;
    return hash(type) * 0x9e3779b97f4a7c15u ^ hash(word);
}

std::string wrong(const store::NewEvent& e) {
    if (e.dedupe_key.empty()) return "the plugin gave it no dedupe key, so it could come twice";
    if (e.type.empty() || e.type.size() > k_most_type) return "its type is empty or longer than 200 bytes";
    for (const auto* part : {&e.dedupe_key, &e.subject, &e.ordering_key})
        if (part->size() > k_most_key) return "its dedupe key, subject or ordering key is longer than 1024 bytes";
    return {};
}

} // namespace

void Words::add(std::string_view type, std::string_view body) {
    for (size_t begin = 0; begin < body.size();) {
        size_t end = begin;
        while (end < body.size() && in_word(body[end])) ++end;
        if (end - begin >= k_least_word) hashes_.insert(hash_of(type, body.substr(begin, end - begin)));
        begin = end + 1;
    }
}

bool Words::has(std::string_view type, std::string_view word) const {
    return word.size() >= k_least_word && hashes_.contains(hash_of(type, word));
}

Result<RecoveredPage> read_page(std::string_view text, const plugin::Source& source, Time now) {
    auto json = Json::parse(text);
    if (!json || json->kind != Json::Kind::object)
        return Error{"the plugin's page of recovered events is no JSON object" + (json ? std::string() : ": " + json.error().message)};
    RecoveredPage page;
    if (const Json* events = json->member("events"))
        for (const auto& item : events->items) {
            FoundEvent found;
            auto& e = found.event;
            e.id = Uuid::v7(now);
            e.source = source.name();
            e.plugin = source.plugin_name();
            e.type = text_of(item, "type");
            e.subject = text_of(item, "subject");
            e.dedupe_key = text_of(item, "dedupe_key");
            e.ordering_key = text_of(item, "ordering_key");
            e.received_at = now;
            e.occurred_at = parse_rfc3339(text_of(item, "occurred_at"));
            e.recovered = true;
            std::string content_type = text_of(item, "content_type");
            if (content_type.find_first_of("\r\n") != std::string::npos) content_type.clear();
            e.request = {"POST", source.config().path, content_type.empty() ? "" : "Content-Type: " + content_type + "\r\n",
                         text_of(item, "body"), ""};
            found.word = text_of(item, "in_body");
            if (auto reason = wrong(e); !reason.empty())
                page.lost.push_back({e.type + " " + e.dedupe_key.substr(0, 100), std::move(reason)});
            else
                page.events.push_back(std::move(found));
        }
    if (const Json* lost = json->member("unrecoverable"))
        for (const auto& item : lost->items) page.lost.push_back({text_of(item, "what"), text_of(item, "reason")});
    if (auto cursor = text_of(*json, "cursor"); !cursor.empty()) page.cursor = std::move(cursor);
    return page;
}

} // namespace gh::subscriptions
