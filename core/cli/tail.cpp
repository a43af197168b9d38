// `events tail`: follows the event stream, and goes on behind the last event when the connection breaks.
#include "core/base/version.hpp"
#include "core/cli/api.hpp"
#include "core/cli/output.hpp"

#include <curl/curl.h>

#include <chrono>
#include <ostream>
#include <thread>

namespace gh::cli {

namespace {

constexpr size_t k_line = 1u << 20;            // of one event; a peer that sends more is no Gatehouse
constexpr std::chrono::seconds k_reconnect{2}; // as the stream's own "retry" says
constexpr long k_silence = 60;                 // seconds; the server sends a comment at least every 15

class Tail {
public:
    explicit Tail(Context& c) : context_(c), left_(c.has("--limit") ? c.limit() : ~size_t{0}) {}

    bool finished() const { return left_ == 0; }
    bool received() const { return received_; }
    const std::string& last_id() const { return last_id_; }
    void reconnected() { line_.clear(); }

    /// False: enough, or not what was expected.
    bool take(std::string_view bytes) {
        received_ = true;
        for (const char ch : bytes) {
            if (ch != '\n') {
                line_ += ch;
                if (line_.size() > k_line) return false;
                continue;
            }
            line();
            line_.clear();
            if (finished()) return false;
        }
        return true;
    }

private:
    void line() {
        if (line_.starts_with("id: ")) pending_id_ = line_.substr(4);
        if (!line_.starts_with("data: ")) return;
        const std::string data = line_.substr(6);
        const auto event = json::parse(data);
        if (!event) return;
        print(*event);
        last_id_ = pending_id_;
        --left_;
    }

    void print(const json::Value& e) {
        std::ostream& out = context_.terminal.out;
        if (context_.json())
            out << e.raw << '\n';
        else
            out << e.text_of("received_at") << "  " << e.text_of("id") << "  " << printable(e.text_of("source")) << "  "
                << printable(e.text_of("type")) << "  " << coloured(e.text_of("status"), context_.terminal) << "  "
                << printable(e.text_of("trust")) << "  " << printable(e.text_of("subject")) << '\n';
        out.flush();
    }

    Context& context_;
    size_t left_;
    std::string line_, pending_id_, last_id_;
    bool received_ = false;
};

size_t receive(char* data, size_t, size_t size, void* tail) {
    return static_cast<Tail*>(tail)->take({data, size}) ? size : 0;
}

struct Handle {
    CURL* curl = curl_easy_init();
    curl_slist* headers = nullptr;
    Handle() = default;
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    ~Handle() {
        curl_slist_free_all(headers);
        curl_easy_cleanup(curl);
    }
    void header(const std::string& line) { headers = curl_slist_append(headers, line.c_str()); }
};

/// One connection: curl's code, and the HTTP status.
std::pair<CURLcode, long> follow(const Context& c, const Address& address, const std::string& url, Tail& tail) {
    Handle h;
    if (!h.curl) throw Failure{1, "libcurl cannot be used"};
    h.header("Accept: text/event-stream");
    if (!address.token.empty()) h.header("Authorization: Bearer " + std::string(address.token.reveal()));
    if (!tail.last_id().empty()) h.header("Last-Event-ID: " + tail.last_id());
    const std::string agent = "Gatehouse/" + std::string(k_version) + " (command line)";
    curl_easy_setopt(h.curl, CURLOPT_URL, url.c_str());
    curl_easy_setopt(h.curl, CURLOPT_HTTPHEADER, h.headers);
    curl_easy_setopt(h.curl, CURLOPT_USERAGENT, agent.c_str());
    curl_easy_setopt(h.curl, CURLOPT_PROXY, "");
    curl_easy_setopt(h.curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(h.curl, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(h.curl, CURLOPT_CONNECTTIMEOUT, 10L);
    curl_easy_setopt(h.curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(h.curl, CURLOPT_LOW_SPEED_TIME, k_silence);
    curl_easy_setopt(h.curl, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(h.curl, CURLOPT_WRITEDATA, &tail);
    const auto ca = c.terminal.environment("GATEHOUSE_CA_FILE").value_or("");
    if (!ca.empty()) curl_easy_setopt(h.curl, CURLOPT_CAINFO, ca.c_str());
    const CURLcode code = curl_easy_perform(h.curl);
    long status = 0;
    curl_easy_getinfo(h.curl, CURLINFO_RESPONSE_CODE, &status);
    return {code, status};
}

} // namespace

int events_tail(Context& c) {
    const Address address = admin_address(c);
    Query query;
    query.add("source", c.get("--source")).add("type", c.get("--type"));
    const std::string url = address.url + "/api/v1/events/stream" + query.text();
    Tail tail(c);
    for (;;) {
        const auto [code, status] = follow(c, address, url, tail);
        if (tail.finished()) return 0;
        if (status == 401) throw Failure{2, "the server at " + address.url + " wants a token: set GATEHOUSE_ADMIN_TOKEN."};
        if (status >= 400 && status < 500) throw Failure{2, "the server at " + address.url + " answered " + std::to_string(status)};
        if (!tail.received()) throw Failure{3, unreachable(address, curl_easy_strerror(code))};
        c.terminal.err << "the stream ended (" << curl_easy_strerror(code) << "), connecting again\n";
        tail.reconnected();
        std::this_thread::sleep_for(k_reconnect);
    }
}

} // namespace gh::cli
