#include "core/admin/api.hpp"
#include "core/admin/render.hpp"
#include "core/admin/reverify.hpp"

namespace gh::admin {

http::Response Api::reverify(Call& call) {
    store::EventQuery query;
    query.status = store::EventStatus::refused;
    query.source = call.text("source");
    query.since = call.time("since");
    query.until = call.time("until");
    query.limit = 100;
    query.cursor = call.text("cursor");
    if (!query.source.empty() && !find_source(*services_.config(), query.source))
        return http::problem(422, "No such source", "No source is called \"" + query.source + "\".");
    // One at a time: a verifier that fetches a key keeps a worker waiting.
    const std::unique_lock alone(reverifying_, std::try_to_lock);
    if (!alone) return http::problem(409, "Under way", "The quarantine is being verified by another request already.");
    auto page = services_.store.events(query);
    if (!page) {
        if (!query.cursor.empty()) return http::problem(400, "Bad cursor", "Give the \"next\" of the call before, unchanged.");
        return store_failed(page.error());
    }

    // All pages of one call have one generation, so that a reload in the middle cannot mix two configurations.
    const Reverifier reverifier(services_, services_.generation());
    const auto deadline = Steady::now() + limits_.reverify;
    size_t released = 0, refused = 0, failed = 0, kept = 0;
    json::Writer w;
    w.object().name("items").array();
    size_t at = 0;
    for (; at < page->items.size() && !draining_ && (at == 0 || Steady::now() < deadline); ++at) {
        const Reverified r = reverifier.run(page->items[at].id);
        const bool left = r.result == "released" || r.result == "duplicate";
        (left ? released : r.result == "refused" ? refused : failed) += 1;
        if (!left && r.result != "gone") ++kept;
        w.object().member("id", page->items[at].id.text()).member("source", page->items[at].source).member("result", r.result);
        w.member("event", r.event ? std::optional(r.event->text()) : std::nullopt).member("code", r.code).member("hint", r.hint).end();
    }
    std::string next = page->next;
    const bool cut_short = at < page->items.size();
    if (cut_short) {
        // What was released is gone from the list: as many as were kept lie between the old cursor and the place to go on from.
        next = query.cursor;
        if (kept > 0) {
            query.limit = kept;
            auto done = services_.store.events(query);
            if (!done) return store_failed(done.error());
            next = done->next;
        }
    }
    w.end().member("released", released).member("refused", refused).member("failed", failed);
    w.member("more", cut_short || !next.empty()).member("next", next).end();
    return answer(w);
}

} // namespace gh::admin
