package main

import (
	"context"
	"sync"

	"phoneotp/shared/notice"
)

// queue stands for the notice queue: it keeps what the sweep puts there.
type queue struct {
	mu       sync.Mutex
	messages []notice.Message
}

func (q *queue) enqueue(_ context.Context, batch []notice.Message) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.messages = append(q.messages, batch...)
	return nil
}
