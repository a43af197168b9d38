// Recovery: asking the provider what it sent, or what happened, while we could not hear it.
//
// A plugin enrolls at most one operation of kind "recover". The host calls it again and again, each call one page:
//
//     arguments   {"since": time, "until": time, "cursor": text or null, "limit": n}    cursor: what the last page gave, null at first
//     result      recovered_page
//
// What is found goes through the same dedupe as notifications: a found event must carry the dedupe key, type, subject and ordering key
// that the notification itself would have had. Its body stands in place of the request's body; fetch_back sees it as the request. It is
// marked as recovered. The host keeps the cursor once the page is on disk, obeys failure::retry with its Retry-After, and asks a second
// time for nothing that it already has.
//
// Where the dedupe key alone cannot tell (the provider has two records of the same thing, its messages and its events, or does not say
// that a record's id is the notification's), name the event by a word of the notification's body: in_body(). When a stored event of this
// source and type has that word in its body, it is the same one.
#pragma once

#include <gatehouse/iso_time.hpp>
#include <gatehouse/json.hpp>
#include <gatehouse/time.hpp>

#include <optional>
#include <string>
#include <utility>

namespace gatehouse {

/// One event that the provider's records hold.
class recovered_event {
public:
    recovered_event(std::string dedupe_key, std::string type) : key_(std::move(dedupe_key)), type_(std::move(type)) {}
    recovered_event& subject(std::string s) { return subject_ = std::move(s), *this; }
    recovered_event& ordering_key(std::string s) { return ordering_key_ = std::move(s), *this; }
    recovered_event& occurred_at(time_point t) { return occurred_at_ = t, *this; }
    /// As nearly as the provider's records allow what the notification's body was; text (UTF-8).
    recovered_event& body(std::string text, std::string_view content_type = "application/json") {
        body_ = std::move(text), content_type_ = content_type;
        return *this;
    }
    /// A word of the notification's body that no other event has, such as its id at the provider: letters, digits, "-" and "_".
    recovered_event& in_body(std::string word) { return word_ = std::move(word), *this; }

    json::object json() const {
        json::object o = json::object::of("dedupe_key", key_, "type", type_, "subject", subject_, "ordering_key", ordering_key_, "body",
                                          body_, "content_type", content_type_);
        if (occurred_at_) o.add("occurred_at", utc_text(*occurred_at_));
        if (!word_.empty()) o.add("in_body", word_);
        return o;
    }

private:
    std::string key_, type_, subject_, ordering_key_, body_, content_type_ = "application/json", word_;
    std::optional<time_point> occurred_at_;
};

/// One page: co_return document(page.text()).
class recovered_page {
public:
    void found(const recovered_event& e) { events_.add(e.json()); }
    /// Something that was missed and cannot be brought back: what, and why. Shown to the operator as it stands.
    void lost(std::string_view what, std::string_view why) { lost_.add(json::object::of("what", what, "reason", why)); }
    /// More pages follow, from this cursor. Without it this page is the last one.
    void next(std::string cursor) { cursor_ = std::move(cursor); }

    std::string text() const {
        json::object o = json::object::of("events", events_, "unrecoverable", lost_);
        if (cursor_) o.add("cursor", *cursor_);
        return o.text();
    }

private:
    json::array events_, lost_;
    std::optional<std::string> cursor_;
};

} // namespace gatehouse
