#include "core/admin/api.hpp"

namespace gh::admin {

namespace {

http::Response no_recovery(const std::string& id) {
    return http::problem(404, "No such recovery", "No recovery has the id " + id + ". They are forgotten when the server ends.");
}

void write(json::Writer& w, const subscriptions::RecoveryView& v) {
    w.object().member("id", v.id.text()).member("source", v.order.source).member("status", v.status);
    w.member("since", to_rfc3339(v.since)).member("until", to_rfc3339(v.until));
    w.member("dry_run", v.order.dry_run).member("resumed", v.resumed);
    w.member("pages", v.pages).member("found", v.found).member("stored", v.stored).member("known", v.known);
    w.member("unrecoverable_count", v.lost_count).name("unrecoverable").array();
    for (const auto& lost : v.lost) w.object().member("what", lost.what).member("reason", lost.reason).end();
    w.end().member("error", v.error).member("started_at", to_rfc3339(v.started_at));
    w.member("finished_at", v.finished_at ? std::optional(to_rfc3339(*v.finished_at)) : std::nullopt).end();
}

} // namespace

http::Response Api::start_recovery(Call& call) {
    if (!services_.recoveries) return http::unavailable(5, "no provider can be asked");
    const auto begun = services_.recoveries->begin({call.text("source"), call.time("since"), call.time("until"), call.boolean("dry_run")});
    if (!begun) return http::problem(409, "Not begun", begun.error().message);
    json::Writer w;
    write(w, *begun);
    return answer(w, 202);
}

http::Response Api::list_recoveries(Call&) {
    json::Writer w;
    w.object().name("items").array();
    if (services_.recoveries)
        for (const auto& v : services_.recoveries->list()) write(w, v);
    w.end().member("next", "").end();
    return answer(w);
}

http::Response Api::show_recovery(Call& call) {
    const auto id = Uuid::parse(call.segment());
    const auto found = id && services_.recoveries ? services_.recoveries->show(*id) : std::nullopt;
    if (!found) return no_recovery(call.segment());
    json::Writer w;
    write(w, *found);
    return answer(w);
}

http::Response Api::cancel_recovery(Call& call) {
    const auto id = Uuid::parse(call.segment());
    if (!id || !services_.recoveries || !services_.recoveries->cancel(*id)) return no_recovery(call.segment());
    return show_recovery(call);
}

} // namespace gh::admin
