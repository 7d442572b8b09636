package order_test

import (
	"crypto/rand"
	"errors"
	"net/http"
	"regexp"
	"sync"
	"testing"
	"testing/cryptotest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/go-cmp/cmp"

	sandbox "phoneotp/infra/local/stripe"
	"phoneotp/shared/catalog"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/fault"
	"phoneotp/shared/order"
	"phoneotp/shared/payment"
)

func TestAnOrderIsPlacedWithItsCheckout(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.Faults.Clear()
	o, err := f.placer.Place(t.Context(), request(order.Ask{"us", 2}, order.Ask{"intl", 1}, order.Ask{"us", 1}), f.by("a"))
	fatal(t, err)
	if calls := f.Faults.Calls(); len(calls) != 2 { // quality.md 1 row 1, with the session's read
		t.Errorf("calls: %+v, want 2", calls)
	}
	if !regexp.MustCompile(`^SO-[0-9A-HJKMNP-TV-Z]{8}$`).MatchString(o.Number) || o.State != order.Placed || o.Keys() != 4 {
		t.Errorf("placed: %+v", o)
	}
	usd := func(n int64) catalog.Money { return catalog.Money{Amount: n, Currency: "USD"} }
	if o.Total != usd(3*3400+7100) || len(o.Lines) != 2 || o.Lines[0].Quantity != 3 || o.Lines[1].Price != usd(7100) {
		t.Errorf("lines: %+v, total %v", o.Lines, o.Total)
	}
	if o.CheckoutURL(f.now) == "" || o.CheckoutURL(f.now.Add(31*time.Minute)) != "" {
		t.Errorf("link: %q", o.CheckoutURL(f.now))
	}
	if d := cmp.Diff(request().Billing, f.view(t, o.Number).Billing); d != "" {
		t.Errorf("billing (-want +got):\n%s", d)
	}
	if ids := f.stripe.Sessions(o.Number); len(ids) != 1 {
		t.Errorf("sessions: %v", ids)
	}
	if n := f.count(t, "OUTBOX_TABLE"); n != 1 || len(f.events(t, o.Number)) != 1 {
		t.Errorf("%d notices, audit %v", n, f.events(t, o.Number))
	}
	item := f.item(t, o.Number)
	if item["ds"] == nil || item["da"] == nil { // the sweep will find it
		t.Error("the order is not in the index due")
	}
}

func TestWhatIsWrongIsTold(t *testing.T) {
	t.Parallel()
	f := start(t)
	for name, c := range map[string]struct {
		spoil   func(*order.Request)
		pointer string
	}{
		"no lines":          {func(r *order.Request) { r.Lines = nil }, "/lines"},
		"a renewal":         {func(r *order.Request) { r.Lines[0].Product = "renew-us" }, "/lines/0/product"},
		"unknown product":   {func(r *order.Request) { r.Lines[0].Product = "gold" }, "/lines/0/product"},
		"none of it":        {func(r *order.Request) { r.Lines[0].Quantity = 0 }, "/lines/0/quantity"},
		"less than none":    {func(r *order.Request) { r.Lines[0].Quantity = -1 }, "/lines/0/quantity"},
		"51 in a line":      {func(r *order.Request) { r.Lines[0].Quantity = 51 }, "/lines/0/quantity"},
		"51 over all":       {func(r *order.Request) { r.Lines = []order.Ask{{"us", 50}, {"intl", 1}} }, "/lines"},
		"unknown partner":   {func(r *order.Request) { r.Partner = "nobody" }, "/partner"},
		"no partner":        {func(r *order.Request) { r.Partner = "" }, "/partner"},
		"not the partner's": {func(r *order.Request) { r.Partner = "meridian-health" }, "/lines/0/product"},
		"another way":       {func(r *order.Request) { r.Payment = "cheque" }, "/payment"},
		"no city":           {func(r *order.Request) { r.Billing.City = "" }, "/billing/city"},
	} {
		r := request()
		c.spoil(&r)
		_, err := f.placer.Place(t.Context(), r, f.by("a"))
		e, ok := fault.Of(err)
		if !ok || e.Kind != fault.Invalid || len(e.Fields) != 1 || e.Fields[0].Pointer != c.pointer {
			t.Errorf("%s: %v %+v", name, err, e)
		}
	}
	for _, key := range []string{"", "short", "with a space in it", "ключ-ключ-ключ-ключ", string(make([]byte, 20)), string(make([]byte, 65))} {
		by := f.by("a")
		by.Key = key
		if _, err := f.placer.Place(t.Context(), request(), by); !errors.Is(err, order.ErrKeyRequired) {
			t.Errorf("key %q: %v", key, err)
		}
	}
	if n := f.count(t, "ORDERS_TABLE"); n != 0 {
		t.Errorf("%d items were written", n)
	}
}

func TestOneKeyIsOneOrder(t *testing.T) {
	t.Parallel()
	f := start(t)
	first, err := f.placer.Place(t.Context(), request(), f.by("a"))
	fatal(t, err)
	for range 3 {
		again, err := f.placer.Place(t.Context(), request(), f.by("a"))
		if err != nil || again.Number != first.Number || again.CheckoutURL(f.now) != first.CheckoutURL(f.now) {
			t.Errorf("again: %s, %v", again.Number, err)
		}
	}
	if _, err := f.placer.Place(t.Context(), request(order.Ask{"us", 2}), f.by("a")); !errors.Is(err, order.ErrKeyReused) {
		t.Errorf("another body: %v", err)
	}
	other := f.by("a")
	other.Account = buyer(2)
	if o, err := f.placer.Place(t.Context(), request(order.Ask{"us", 2}), other); err != nil || o.Number == first.Number {
		t.Errorf("another account: %v", err)
	}
	f.at(f.now.Add(24*time.Hour - time.Millisecond))
	if o, err := f.placer.Place(t.Context(), request(), f.by("a")); err != nil || o.Number != first.Number {
		t.Errorf("at the end of the day: %v", err)
	}
	f.at(f.now.Add(time.Millisecond))
	if o, err := f.placer.Place(t.Context(), request(order.Ask{"us", 3}), f.by("a")); err != nil || o.Number == first.Number {
		t.Errorf("a day later: %s, %v", o.Number, err)
	}
}

func TestOneKeyUnderManyHands(t *testing.T) { // quality.md 2 row 1
	t.Parallel()
	f := start(t)
	numbers := make(chan string, 40)
	var wg sync.WaitGroup
	for range cap(numbers) {
		wg.Go(func() {
			o, err := f.placer.Place(t.Context(), request(), f.by("a"))
			if errors.Is(err, order.ErrKeyInUse) {
				return
			}
			if err != nil {
				t.Error(err)
			}
			numbers <- o.Number
		})
	}
	wg.Wait()
	close(numbers)
	first := <-numbers
	for n := range numbers {
		if n != first {
			t.Errorf("orders %s and %s", first, n)
		}
	}
	if len(f.stripe.Sessions(first)) != 1 || f.count(t, "ORDERS_TABLE") != 2 || f.count(t, "OUTBOX_TABLE") != 1 {
		t.Errorf("sessions %v, %d items, %d notices", f.stripe.Sessions(first), f.count(t, "ORDERS_TABLE"), f.count(t, "OUTBOX_TABLE"))
	}
}

func TestAKeyIsInUseWhileSomebodyOpensTheCheckout(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.Faults.FromCall(1, dynamotest.CutRequest) // dies before it can keep the session
	if _, err := f.placer.Place(t.Context(), request(), f.by("a")); err == nil {
		t.Fatal("the crash did not happen")
	}
	f.Faults.Clear()
	free := f.now.Add(15 * time.Second)
	f.at(free.Add(-time.Millisecond))
	_, err := f.placer.Place(t.Context(), request(), f.by("a"))
	if e, _ := fault.Of(err); !errors.Is(err, order.ErrKeyInUse) || !e.RetryAt.Equal(free) {
		t.Fatalf("before it is free: %v", err)
	}
	f.at(free)
	o, err := f.placer.Place(t.Context(), request(), f.by("a"))
	if err != nil || o.CheckoutURL(f.now) == "" || len(f.stripe.Sessions(o.Number)) != 1 { // S-12: the same session
		t.Errorf("when it is free: %v, sessions %v", err, f.stripe.Sessions(o.Number))
	}
}

func TestACrashedOrderIsTakenUpHoursLater(t *testing.T) {
	t.Parallel()
	for _, made := range []bool{false, true} { // whether Stripe had made the session
		f := start(t)
		kind := sandbox.DropBefore
		if made {
			kind = sandbox.DropAfter
		}
		f.stripe.Inject(sandbox.Fault{Kind: kind, Times: 1000})
		if _, err := f.placer.Place(t.Context(), request(), f.by("a")); !errors.Is(err, payment.ErrUnavailable) {
			t.Fatalf("err = %v", err)
		}
		f.at(f.now.Add(2 * time.Hour))
		f.stripe.ClearFaults()
		o, err := f.placer.Place(t.Context(), request(), f.by("a"))
		if err != nil || o.CheckoutURL(f.now) == "" {
			t.Errorf("made %v: %q, %v", made, o.CheckoutURL(f.now), err)
		}
	}
}

func TestTroubleAtStripeLeavesAnOrderToGoOnWith(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind  sandbox.FaultKind
		times int
		fails bool
	}{
		{sandbox.ErrorBefore, 1, false}, {sandbox.DropAfter, 1, false}, {sandbox.ErrorKept, 1, false}, {sandbox.ErrorAfter, 1, false},
		{sandbox.ErrorBefore, 3, true}, {sandbox.Unavailable, 3, true},
	} {
		f := start(t)
		f.stripe.Inject(sandbox.Fault{Kind: c.kind, Method: http.MethodPost, Times: c.times})
		o, err := f.placer.Place(t.Context(), request(), f.by("a"))
		if c.fails != errors.Is(err, payment.ErrUnavailable) || !c.fails && err != nil {
			t.Errorf("fault %d: %v", c.kind, err)
		}
		if c.fails { // the same request goes on at once
			if o, err = f.placer.Place(t.Context(), request(), f.by("a")); err != nil {
				t.Errorf("fault %d, again: %v", c.kind, err)
			}
		}
		if o.CheckoutURL(f.now) == "" || f.count(t, "ORDERS_TABLE") != 2 || f.count(t, "OUTBOX_TABLE") != 1 {
			t.Errorf("fault %d: link %q", c.kind, o.CheckoutURL(f.now))
		}
	}
}

func TestLostAnswersOfPlacing(t *testing.T) { // quality.md 2 row 3
	t.Parallel()
	for _, kind := range []dynamotest.Fault{dynamotest.CutReply, dynamotest.CutRequest, dynamotest.Throttle, dynamotest.ServerFail} {
		for call := range 2 {
			f := start(t)
			f.Faults.OnCall(call, kind)
			o, err := f.placer.Place(t.Context(), request(), f.by("a"))
			if err != nil || o.CheckoutURL(f.now) == "" {
				t.Errorf("fault %d in call %d: %v", kind, call, err)
				continue
			}
			f.Faults.Clear()
			if f.count(t, "ORDERS_TABLE") != 2 || f.count(t, "OUTBOX_TABLE") != 1 || len(f.events(t, o.Number)) != 1 || len(f.stripe.Sessions(o.Number)) != 1 {
				t.Errorf("fault %d in call %d: something was done twice", kind, call)
			}
		}
	}
}

func TestATakenNumberIsDrawnAgain(t *testing.T) { // not parallel: it holds the program's randomness still
	f := start(t)
	there := f.item(t, f.place(t).Number)
	cryptotest.SetGlobalRandom(t, 7)
	var draw [8]byte
	_, err := rand.Read(draw[:])
	fatal(t, err)
	taken := "SO-"
	for _, b := range draw {
		taken += string("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[b&31])
	}
	there["p"], there["pa"] = dynamo.S(taken), dynamo.S("somebody else's")
	_, err = f.Client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String(f.Table("ORDERS_TABLE")), Item: there})
	fatal(t, err)
	cryptotest.SetGlobalRandom(t, 7)
	f.at(f.now.Add(time.Second))
	f.Faults.Clear()
	o, err := f.placer.Place(t.Context(), request(), f.by("b"))
	if len(f.Faults.Calls()) < 4 {
		t.Fatal("the number was not drawn a second time")
	}
	if err != nil || o.Number == taken || o.CheckoutURL(f.now) == "" {
		t.Errorf("drawn %s, %s is taken: %v", o.Number, taken, err)
	}
	if v := f.view(t, taken); v.Partner != "somebody else's" {
		t.Errorf("the other order is %+v", v.Order)
	}
}
