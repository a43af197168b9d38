// One way there and back between the server and a worker process: whole frames, one after the other (worker_wire.hpp).
//
// A socket for each direction: where both go over one, the kernel wakes whoever waits to read from it also when the other side has taken
// what was written (unix(7) sockets have one wait queue), which costs a switch of threads for each message.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace gh::plugin {

/// One thread at a time.
class Lane {
public:
    enum class Side { server, worker };
    /// Takes the descriptors.
    Lane(int in, int out, Side side) : in_(in), out_(out), side_(side) {}
    ~Lane();
    Lane(const Lane&) = delete;
    Lane& operator=(const Lane&) = delete;

    enum class Outcome { done, waiting, gone };

    /// Begins to send; then again with what is left until it is `done`. `waiting`: nothing could be sent for as long as the socket waits
    /// (set_wait), try again or give up.
    Outcome send(std::string_view message);
    Outcome send_more();
    /// The next frame, which stays until the next call. `waiting` as above. `gone`: the other side has closed, or announced a frame longer
    /// than k_most_message.
    Outcome receive(std::string_view& message);
    /// The same while the last frame is still needed: into memory of its own. For who knows that nothing but this one frame can come, and
    /// waits for ever.
    Outcome receive_aside(std::string& message);
    /// How long one call of the above waits; without this, for ever.
    void set_wait(int milliseconds);
    int out() const { return out_; }

private:
    Outcome read_whole(char* to, size_t size);
    ssize_t read_some(char* to, size_t size);
    int in_, out_;
    Side side_;
    uint32_t head_ = 0;
    std::string_view sending_;
    size_t sent_ = 0; ///< of head and message together
    std::string buffer_;
    size_t have_ = 0;  ///< of the buffer
    size_t taken_ = 0; ///< of that, the last frame
};

} // namespace gh::plugin
