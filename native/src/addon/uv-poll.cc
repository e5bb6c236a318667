#include "uv-poll.h"

#include <cstddef>
#include <cstring>
#include <utility>

#include "assertion.h"

extern "C" {
typedef struct uv_poll_s uv_poll_t;
typedef struct uv_handle_s uv_handle_t;
size_t uv_handle_size(int type);
const char* uv_handle_type_name(int type);
void* uv_handle_get_data(const uv_handle_t* handle);
void uv_handle_set_data(uv_handle_t* handle, void* data);
int uv_poll_init(uv_loop_s* loop, uv_poll_t* handle, int fd);
int uv_poll_start(uv_poll_t* handle, int events, void (*callback)(uv_poll_t* handle, int status, int events));
void uv_close(uv_handle_t* handle, void (*callback)(uv_handle_t* handle));
}

namespace basalt {
namespace {

/** UV_POLL and UV_READABLE. */
constexpr int kPollType = 8;
constexpr int kReadable = 1;

/** A poll handle begins as every handle does. */
uv_handle_t* AsHandle(void* memory) { return static_cast<uv_handle_t*>(memory); }
uv_poll_t* AsPoll(void* memory) { return static_cast<uv_poll_t*>(memory); }

}  // namespace

UvPoll* UvPoll::Start(uv_loop_s* loop, int fd, std::function<void()> readable) {
  const char* const type = uv_handle_type_name(kPollType);
  BASALT_ASSERT(type != nullptr && std::strcmp(type, "poll") == 0, "libuv's handle types are those of libuv 1");
  UvPoll* const poll = new UvPoll();
  poll->memory_ = std::make_unique<char[]>(uv_handle_size(kPollType));
  poll->readable_ = std::move(readable);
  if (uv_poll_init(loop, AsPoll(poll->memory_.get()), fd) != 0) {
    delete poll;
    return nullptr;
  }
  uv_handle_set_data(AsHandle(poll->memory_.get()), poll);
  BASALT_ASSERT(uv_poll_start(AsPoll(poll->memory_.get()), kReadable, OnReady) == 0, "a new poll handle starts");
  return poll;
}

void UvPoll::Close(std::function<void()> closed) {
  closed_ = std::move(closed);
  uv_close(AsHandle(memory_.get()), OnClosed);
}

void UvPoll::OnReady(uv_poll_t* handle, int, int) {
  static_cast<UvPoll*>(uv_handle_get_data(reinterpret_cast<uv_handle_t*>(handle)))->readable_();
}

void UvPoll::OnClosed(uv_handle_t* handle) {
  UvPoll* const poll = static_cast<UvPoll*>(uv_handle_get_data(handle));
  const std::function<void()> closed = std::move(poll->closed_);
  delete poll;
  closed();
}

}  // namespace basalt
