// One socket between the server and a worker process: whole frames, one after the other (worker_wire.hpp).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gh::plugin {

/// One thread at a time.
class Lane {
public:
    enum class Side { server, worker };
    /// Takes the descriptor.
    Lane(int socket, Side side) : socket_(socket), side_(side) {}
    ~Lane();
    Lane(const Lane&) = delete;
    Lane& operator=(const Lane&) = delete;

    enum class Outcome { done, waiting, gone };

    /// Begins to send; then again with what is left until it is `done`. `waiting`: nothing could be sent for as long as the socket waits
    /// (set_wait), try again or give up.
    Outcome send(std::string_view message);
    Outcome send_more();
    /// Takes the next frame. `waiting` as above. `gone`: the other side has closed, or announced a frame longer than k_most_message.
    Outcome receive(std::string& message);
    /// How long one call of the above waits; without this, for ever.
    void set_wait(int milliseconds);
    int socket() const { return socket_; }

private:
    int socket_;
    Side side_;
    uint32_t head_ = 0;
    std::string_view sending_;
    size_t sent_ = 0; ///< of head and message together
    std::string buffer_;
    size_t have_ = 0; ///< of the buffer
};

} // namespace gh::plugin
