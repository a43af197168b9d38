// One client: reads requests one after the other, hands each over as an Exchange, sends its answer. One request is under way at a time;
// what a client pipelines waits in the buffer (and in the kernel). Loop thread.
//
//   handshake -> idle -> head -> body -> working -> (writing | streaming) -> idle … -> lingering -> closed
#pragma once

#include "core/http/loop_context.hpp"
#include "core/http/request_reader.hpp"

#include <optional>
#include <string>

namespace gh::http {

class Connection final : public Watched {
public:
    static constexpr int k_reads_per_round = 4;         ///< one fast peer must not starve the others
    static constexpr size_t k_linger_bytes = 16u << 20; ///< of an unwanted body, read so that the client gets to our answer
    static constexpr Millis k_linger{5'000};
    static constexpr Millis k_rate_window{5'000}; ///< over which the least rate of a body is measured
    static constexpr int k_retry_after = 2;       ///< seconds

    /// `address`: key for the limit per address, kept for the loop.
    Connection(LoopContext&, int fd, std::unique_ptr<TlsSession>, std::string remote, std::string address);
    ~Connection() override { close(); }

    void on_events(uint32_t events) override;
    void on_deadline() override;
    void abort() override { close(); }
    /// Goes on with input that was left for this round.
    void resume();
    /// The exchange has an answer, or its stream has data.
    void on_posted(Exchange::State&);
    /// The server is closing: idle connections close, streams end.
    void drain();
    void close();

    int fd() const { return channel_->fd(); }
    const std::string& address() const { return address_; }

    size_t index = 0;           ///< the loop's: position in its list
    bool resume_queued = false; ///< the loop's

private:
    enum class Phase { handshake, idle, head, body, working, writing, streaming, lingering, closed };

    void set_phase(Phase);
    void set_deadline(Millis from_now) { context_.deadlines.set(deadline_, context_.now + from_now); }
    bool reads_requests() const { return phase_ == Phase::idle || phase_ == Phase::head || phase_ == Phase::body; }
    bool wants_input() const {
        return channel_->readable() && (reads_requests() || phase_ == Phase::handshake || phase_ == Phase::lingering);
    }

    // connection.cpp: input
    void read_input();
    void on_peer_ended();
    void finish_handshake();
    void take_input(std::string_view);
    size_t process(std::string_view);
    void process_buffered();
    void on_head(bool body_waits);
    void submit();
    void time_input();
    bool charge_body();
    void check_body_rate();

    // connection_answer.cpp: output
    void refuse(const Refusal&, std::string_view detail = {});
    void answer(const Response&);
    void begin_stream(Exchange::State&);
    void pump_stream(Exchange::State&);
    void end_stream(Exchange::State&);
    void settle_stream(Exchange::State&);
    void on_writable();
    void after_send(Channel::Io);
    void finish_answer();
    void end();
    void start_write_window();
    void check_write_rate();
    void release_exchange();
    void report(const Refusal& refusal, std::string_view detail = {}) { context_.refusals.add(refusal, remote_, context_.now, detail); }

    LoopContext& context_;
    std::optional<Channel> channel_;
    RequestReader reader_;
    std::string remote_;
    std::string address_;
    std::string client_certificate_;

    Phase phase_ = Phase::idle;
    std::string in_; ///< read but not yet used: a head cut in two, pipelined requests
    size_t in_used_ = 0;
    bool processing_ = false; ///< in process(): whoever finishes an answer must not start it again
    bool body_timed_ = false;
    size_t charged_ = 0;    ///< of Limits::body_bytes_total, for the body under way
    uint64_t received_ = 0; ///< bytes of the body under way, with its framing
    uint64_t mark_ = 0;     ///< received_ or sent at the start of the present window
    uint64_t lingered_ = 0;
    std::shared_ptr<const void> admitted_;

    // The request under way.
    std::shared_ptr<Exchange::State> exchange_;
    bool http_1_0_ = false;
    bool head_only_ = false;
    bool keep_alive_ = false;
    bool close_ = false;   ///< after the answer
    bool refused_ = false; ///< the rest of the input is noise
    bool stream_begun_ = false;
    bool stream_chunked_ = false;
    size_t stream_unsent_ = 0; ///< bytes of the stream that the kernel has not taken
};

} // namespace gh::http
