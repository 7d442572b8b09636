package stack

import (
	"context"

	"phoneotp/infra/local/front"
)

func (s *Stack) age(ctx context.Context, user string, a front.Age) error { return front.ErrNoAccount }
