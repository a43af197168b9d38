#include "worker_reply_check.hpp"

#include "core/plugin/worker_replies.hpp"

using namespace gh::plugin;

namespace fuzz {

namespace {

/// Stands behind the border's functions and looks at everything that it is given.
struct Taker {
    std::string_view reply;
    std::string wrong;
    int answers = 0;
    bool sense = false;

    void text(gatehouse_text t) { bytes({reinterpret_cast<const uint8_t*>(t.data), t.size}); }
    void bytes(gatehouse_bytes b) {
        if (b.size == 0) return;
        const auto* begin = reinterpret_cast<const uint8_t*>(reply.data());
        if (!b.data || b.data < begin || b.data + b.size > begin + reply.size()) wrong = "a text lies outside the reply";
    }
    void list(size_t count, size_t least) {
        if (count * least > reply.size()) wrong = "a list is longer than the reply can hold";
    }
    void headers(const gatehouse_header* h, size_t count) {
        list(count, 8);
        for (size_t i = 0; i < count; ++i) text(h[i].name), text(h[i].value);
    }
    void state(const gatehouse_state_entry* s, size_t count) {
        list(count, 9);
        for (size_t i = 0; i < count; ++i) text(s[i].key), bytes(s[i].value);
    }
    gatehouse_status answer() {
        ++answers;
        return GATEHOUSE_OK;
    }
};

Taker& taker(void* context) {
    return *static_cast<Taker*>(context);
}

gatehouse_status on_refuse(void* c, const gatehouse_refusal* r) {
    taker(c).text(r->code), taker(c).text(r->hint), taker(c).headers(r->headers, r->header_count);
    return taker(c).answer();
}
gatehouse_status on_accept(void* c, const gatehouse_acceptance* a) {
    taker(c).text(a->replay_id);
    return taker(c).answer();
}
gatehouse_status on_job(void* c, const gatehouse_job* job) {
    job->drop(job->state);
    return taker(c).answer();
}
gatehouse_status on_event(void* c, const gatehouse_event* e) {
    for (const auto& t : {e->dedupe_key, e->type, e->subject, e->ordering_key}) taker(c).text(t);
    return taker(c).answer();
}
gatehouse_status on_respond(void* c, const gatehouse_response* r) {
    taker(c).headers(r->headers, r->header_count), taker(c).bytes(r->body), taker(c).state(r->state, r->state_count);
    return taker(c).answer();
}
gatehouse_status on_http_all(void* c, const gatehouse_http_request* const* requests, size_t count) {
    taker(c).list(count, 40);
    for (size_t i = 0; i < count; ++i) {
        const auto& r = *requests[i];
        for (const auto& t : {r.method, r.url, r.share_key}) taker(c).text(t);
        taker(c).bytes(r.body), taker(c).list(r.header_count, 12);
        for (size_t k = 0; k < r.header_count; ++k)
            for (const auto& t : {r.headers[k].name, r.headers[k].value, r.headers[k].secret}) taker(c).text(t);
    }
    return taker(c).answer();
}
gatehouse_status on_http(void* c, const gatehouse_http_request* request) {
    return on_http_all(c, &request, 1);
}
gatehouse_status on_sleep(void* c, int64_t) {
    return taker(c).answer();
}
gatehouse_status on_state(void* c, const gatehouse_state_entry* entries, size_t count) {
    taker(c).state(entries, count);
    return taker(c).answer();
}
gatehouse_status on_finish(void* c, const gatehouse_result* r) {
    taker(c).bytes(r->body), taker(c).text(r->content_type), taker(c).text(r->text);
    taker(c).headers(r->headers, r->header_count), taker(c).state(r->state, r->state_count);
    return taker(c).answer();
}
gatehouse_status on_fail(void* c, int32_t, gatehouse_text why, int64_t) {
    taker(c).text(why);
    return taker(c).answer();
}

void look(Taker& t, const Replayed& replayed, int jobs_made) {
    t.sense = replayed.sense;
    const int wanted = replayed.sense && replayed.status == GATEHOUSE_OK ? 1 : 0;
    if (t.answers != wanted) t.wrong = "given on " + std::to_string(t.answers) + " times instead of " + std::to_string(wanted);
    if (!replayed.sense && jobs_made > 0) t.wrong = "a job was made of a reply that makes no sense";
    if (replayed.status == k_told) t.text({replayed.fault.data(), replayed.fault.size()});
}

void look_enrolled(Taker& t) {
    EnrolledCalls calls{};
    calls.user = [](size_t) -> void* { return nullptr; };
    gatehouse_registry registry{};
    registry.struct_size = sizeof registry;
    registry.context = &t;
    registry.verifier = [](void* c, const gatehouse_verifier* v) { return taker(c).text(v->name), taker(c).answer(); };
    registry.route = [](void* c, const gatehouse_route* r) {
        for (const auto& part : {r->method, r->path, r->verifier}) taker(c).text(part);
        return taker(c).answer();
    };
    registry.fetch_back = [](void* c, const gatehouse_fetch_back* f) { return taker(c).text(f->type_pattern), taker(c).answer(); };
    registry.operation = [](void* c, const gatehouse_operation* o) {
        for (const auto& part : {o->name, o->summary, o->arguments_schema, o->kind}) taker(c).text(part);
        return taker(c).answer();
    };
    registry.egress = [](void* c, const gatehouse_egress* e) {
        for (const auto& part : {e->setting, e->host, e->path_prefix}) taker(c).text(part);
        return taker(c).answer();
    };
    t.sense = replay_enrolled(t.reply, registry, calls);
    // What comes after the end of the reply reads as nothing: one entry at most, of each list whose length was still read.
    t.list(static_cast<size_t>(t.answers), 4);
}

void look_told(Taker& t) {
    ToldPlugin told;
    t.sense = told.read(t.reply);
    for (const auto& part : {told.plugin.name, told.plugin.version, told.plugin.summary, told.plugin.settings_schema}) t.text(part);
    t.list(told.plugin.sample_count, 25);
    for (const auto& s : told.samples) t.text(s.name), t.text(s.settings), t.text(s.request), t.text(s.code);
}

thread_local bool t_sense = false;

} // namespace

bool made_sense() {
    return t_sense;
}

std::optional<std::string> find_reply_fault(std::string_view given) {
    if (given.empty()) return std::nullopt;
    // An allocation of its own, so that a sanitizer sees what is read beside it.
    const std::vector<char> copy(given.begin() + 1, given.end());
    Taker t{{copy.data(), copy.size()}, {}, 0, false};
    int made = 0;
    const auto make = [&](uint64_t) {
        ++made;
        return gatehouse_job{nullptr, nullptr, [](void*) {}};
    };
    switch (static_cast<unsigned char>(given[0]) % k_reply_kinds) {
        case 0: {
            const gatehouse_verify_answer answer{sizeof answer, 0, &t, on_accept, on_refuse, on_job};
            look(t, replay_verdict(t.reply, answer, make), made);
            break;
        }
        case 1: {
            const gatehouse_handle_answer answer{sizeof answer, 0, &t, on_event, on_respond, on_job, on_refuse};
            look(t, replay_outcome(t.reply, answer, make), made);
            break;
        }
        case 2: {
            const gatehouse_turn turn{sizeof turn, 0, &t, on_http, on_http_all, on_sleep, on_state, on_finish, on_fail};
            wire::Reader in(t.reply);
            look(t, replay_step(in, turn), made);
            break;
        }
        case 3:
            look_enrolled(t);
            break;
        default:
            look_told(t);
    }
    t_sense = t.sense;
    (void)job_in(t.reply);
    return t.wrong.empty() ? std::nullopt : std::optional(t.wrong);
}

std::vector<std::string> reply_seeds() {
    std::vector<std::string> seeds;
    const auto seed = [&](char kind, auto write) {
        wire::Writer out;
        write(out);
        seeds.push_back(std::string(1, kind) + out.bytes());
    };
    const std::vector<gh::http::Field> fields{{"WWW-Authenticate", "Signature"}, {"X-From", "plugin"}};
    const std::vector<gh::store::StateChange> state{{"token", "value"}, {"gone", std::nullopt}};
    const auto texts = [](wire::Writer& out, std::initializer_list<const char*> all) {
        for (const auto* one : all) out.text(one);
    };
    const auto first = [](wire::Writer& out, auto what) { out.u8(static_cast<uint8_t>(what)); };
    seed(0, [&](auto& out) { first(out, Said::accept), out.u32(0), out.i64(1), out.i64(2), out.i64(3), out.text("msg_1"); });
    for (const char kind : {char{0}, char{1}}) {
        seed(kind, [&](auto& out) { first(out, Said::refuse), out.u32(401), texts(out, {"code", "hint"}), write(out, fields); });
        seed(kind, [&](auto& out) { first(out, Said::job), out.u64(7); });
        seed(kind, [&](auto& out) { first(out, Said::fault), out.text("threw"); });
    }
    seed(1, [&](auto& out) {
        first(out, Said::event), out.u32(1), texts(out, {"key", "type", "subject", "order"}), out.i64(5), out.u32(202), out.u32(0);
    });
    seed(1, [&](auto& out) { first(out, Said::respond), out.u32(200), write(out, fields), out.text("body"), write(out, state); });
    for (const auto wants : {Wants::http, Wants::http_all})
        seed(2, [&](auto& out) {
            first(out, wants), out.u32(1), texts(out, {"POST", "https://api.example.com/"}), out.u32(2);
            texts(out, {"Authorization", "Basic ", "key", "X-Plain", "plain", "", "body"});
            out.i64(30'000), out.u64(1 << 20), out.text("share");
        });
    seed(2, [&](auto& out) { first(out, Wants::sleep), out.i64(1); });
    seed(2, [&](auto& out) { first(out, Wants::state), write(out, state); });
    seed(2, [&](auto& out) { first(out, Wants::done), write(out, state); });
    seed(2, [&](auto& out) { first(out, Wants::document), texts(out, {"application/json", "{}"}), write(out, state); });
    seed(2, [&](auto& out) { first(out, Wants::gone), out.text("not found"), write(out, state); });
    seed(2, [&](auto& out) { first(out, Wants::response), out.u32(200), write(out, fields), out.text("body"), write(out, state); });
    seed(2, [&](auto& out) { first(out, Wants::failure), out.u32(1), out.text("busy"), out.i64(5); });
    seed(2, [&](auto& out) { first(out, Wants::fault), out.text("threw"); });
    seed(3, [&](auto& out) {
        out.u32(1), out.text("v");
        out.u32(1), texts(out, {"POST", "/more", "v"}), out.u64(0);
        out.u32(1), out.text("thing.*");
        out.u32(1), texts(out, {"run", "runs", "{}", "test"});
        out.u32(1), out.u32(443), texts(out, {"", "api.example.com", "/v1"});
    });
    seed(4, [&](auto& out) {
        out.u32(0), out.u32(0), texts(out, {"acme", "1.0.0", "for tests", "{}"});
        out.u32(1), out.u8(0), texts(out, {"good", "{}", "POST / HTTP/1.1\n\n", "type"}), out.i64(0);
    });
    return seeds;
}

} // namespace fuzz
