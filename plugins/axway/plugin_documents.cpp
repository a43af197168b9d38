#include "plugin_documents.hpp"

#include <gatehouse/iso_time.hpp>

#include <algorithm>

#include "document_patch.hpp"

namespace axway {

using gatehouse::document;
using gatehouse::job;
using gatehouse::result;
using gatehouse::state_change;

namespace {

/// Tries of a job to create a subscription anew before its notification is settled without that.
constexpr uint32_t k_recreate_tries = 3;
/// How far a clock that is set right may go back without an event seeming late.
constexpr milliseconds k_late = std::chrono::minutes(1);

std::string problem(const document_meta& m) {
    return json::object{{"type", "about:blank"},
                        {"title", m.state == "absent" ? "There is no document yet" : "The document is stale"},
                        {"detail", m.reason.empty() ? "no snapshot has come yet" : m.reason},
                        {"since", m.stale_since},
                        {"version", m.version}}
        .text();
}

std::string coded(const gatehouse::request& in) {
    const auto coding = in.header("Content-Encoding");
    return coding ? " (Content-Encoding " + gatehouse::printable(*coding, 20) + ")" : "";
}

} // namespace

document_keeper::document_keeper(gatehouse::host h, recreate r) : host_(h), recreate_(std::move(r)) {
    for (const std::string& id : known(h)) sizes_[id] = document_meta::parse(h.get_state(meta_key(id))).size;
}

bool document_keeper::reserve(const std::string& subscription, size_t size) {
    const std::lock_guard lock(mutex_);
    const auto mine = sizes_.find(subscription);
    size_t total = size;
    for (const auto& [id, bytes] : sizes_)
        if (id != subscription) total += bytes;
    const bool grows = mine == sizes_.end() || size > mine->second;
    if (grows && total > k_most_total) return false;
    if (mine == sizes_.end() && sizes_.size() >= k_most_known) return false;
    sizes_[subscription] = size;
    return true;
}

void document_keeper::stale(settled& s, std::string reason, bool broken) {
    if (!s.meta.reason.empty()) return; // the first reason is the one to know
    s.meta.state = s.meta.state == "absent" ? "absent" : "stale";
    s.meta.stale_since = gatehouse::utc_text(host_.now());
    s.meta.reason = std::move(reason);
    s.meta.kept = 0;
    s.broken = broken;
}

void document_keeper::replace(settled& s, const identity& id, std::string text) {
    if (text.size() > k_most_document)
        return stale(s, "the document would have " + std::to_string(text.size()) + " bytes; at most 1 MiB is kept", false);
    if (!reserve(id.subscription, text.size()))
        return stale(s,
                     "all documents of this source together would have more than 15 MiB, or there are more than 1000 of them; spread the "
                     "topics over several sources",
                     false);
    s.meta.state = "current";
    s.meta.stale_since.clear();
    s.meta.reason.clear();
    s.meta.kept = 0;
    ++s.meta.version;
    s.meta.size = text.size();
    s.meta.updated = gatehouse::utc_text(host_.now());
    s.document = std::move(text);
}

document_keeper::settled document_keeper::settle(const identity& id, const std::string& body, time_point received,
                                                 const document_meta& before) {
    settled s{before, std::nullopt, true, false};
    if (std::find(before.applied.begin(), before.applied.end(), id.event) != before.applied.end()) {
        s.changed = false;
        return s;
    }
    s.meta.applied.push_back(id.event);
    if (s.meta.applied.size() > document_meta::k_most_applied) s.meta.applied.erase(s.meta.applied.begin());
    if (!id.topic.empty()) s.meta.topic = id.topic;
    const json::document given = json::parse(body);

    if (id.type == "error") {
        s.meta.error_code = given["code"].integer().value_or(0);
        s.meta.error_category = gatehouse::printable(given["category"].text(), 100);
        s.meta.error_at = gatehouse::utc_text(host_.now());
        return s;
    }
    // What was refused when it came, and let in later by an operator, is out of its place.
    const bool late = received + k_late < before.received;
    s.meta.received = std::max(before.received, received);
    if (id.type == "snapshot") {
        if (late && before.state == "current") return s;
        s.meta.snapshot_at = gatehouse::utc_text(host_.now());
        if (given)
            replace(s, id, std::string(given.root().raw()));
        else
            stale(s, "a snapshot is not JSON: " + given.error(), true);
        return s;
    }
    // A patch. What it is made against must be here, whole.
    if (const auto lost = host_.get_state(suspect_key(id.subscription))) stale(s, *lost, true);
    if (late) stale(s, "patch " + id.event + " came after later ones", true);
    if (before.state == "absent") stale(s, "a patch came before the first snapshot", true);
    if (s.meta.state != "current") {
        ++s.meta.kept;
        return s;
    }
    const auto text = host_.get_state(document_key(id.subscription));
    const json::document current = json::parse(text.value_or(""));
    node_ptr tree = make_tree(current.root());
    const auto refused = !given     ? std::optional("it is not JSON: " + given.error())
                         : !current ? std::optional("the kept document cannot be read: " + current.error())
                                    : apply_patch(tree, given.root());
    if (refused)
        stale(s, "patch " + id.event + " does not apply: " + *refused, true);
    else
        replace(s, id, to_text(*tree));
    if (s.meta.state != "current") ++s.meta.kept;
    return s;
}

std::vector<state_change> document_keeper::changes(const identity& id, const settled& s) const {
    std::vector<state_change> out;
    if (!s.changed) return out;
    out.emplace_back(meta_key(id.subscription), s.meta.json().text());
    if (s.document) {
        out.emplace_back(document_key(id.subscription), *s.document);
        if (id.type == "snapshot" && host_.get_state(suspect_key(id.subscription)))
            out.push_back(state_change::remove(suspect_key(id.subscription)));
    }
    remember(host_, id.subscription, true, out);
    return out;
}

job<result> document_keeper::keep(const gatehouse::stored_event& e) {
    const identity id = identity::of(e.request());
    if (!id.complete()) co_return gatehouse::failure::invalid("the notification names no subscription, event or type");
    const document_meta before = document_meta::parse(host_.get_state(meta_key(id.subscription)));
    // The subscription was replaced: what still comes from it belongs to a document that is kept no longer.
    if (before.state == "retired") co_return document(problem(before), "application/problem+json");

    settled s = settle(id, std::string(e.request().body()), e.received_at(), before);
    const bool was_stale = !before.reason.empty();
    if (!s.meta.reason.empty() && !was_stale)
        host_.warning("subscription " + id.subscription + ": no current document: " + s.meta.reason + coded(e.request()) +
                      "; patches are kept but not applied until a snapshot comes");
    if (s.meta.reason.empty() && was_stale)
        host_.info("subscription " + id.subscription + ": a snapshot came, the document is current again");

    if (s.broken && recreate_ && e.attempt() <= k_recreate_tries) {
        std::optional<gatehouse::failure> failed;
        try {
            const std::string fresh = co_await recreate_(id.subscription);
            s.meta.state = "retired";
            s.meta.reason = "replaced by subscription " + fresh + " because " + s.meta.reason;
            std::vector<state_change> out;
            out.emplace_back(meta_key(id.subscription), s.meta.json().text());
            out.push_back(state_change::remove(document_key(id.subscription)));
            out.push_back(state_change::remove(suspect_key(id.subscription)));
            {
                const std::lock_guard lock(mutex_);
                sizes_.erase(id.subscription);
            }
            co_return document(problem(s.meta), "application/problem+json").state(std::move(out));
        } catch (const gatehouse::failure& f) {
            failed = f;
        }
        if (failed->type() == gatehouse::failure::kind::retry && e.attempt() < k_recreate_tries) throw *failed;
        host_.warning("subscription " + id.subscription + " could not be created anew: " + failed->text() + "; run the operation resync");
    }

    auto out = changes(id, s);
    if (s.meta.state != "current") co_return document(problem(s.meta), "application/problem+json").state(std::move(out));
    std::string text = s.document ? *s.document : host_.get_state(document_key(id.subscription)).value_or("null");
    co_return document(std::move(text)).state(std::move(out));
}

} // namespace axway
