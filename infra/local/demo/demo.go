package demo

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"phoneotp/infra/local/messages"
)

// World is the stack that the people are made on, and what is done to them from outside.
type World struct {
	URL   string
	Box   *messages.Box
	Pay   func(ctx context.Context, order string) error // a good card at the checkout
	Age   func(ctx context.Context, userID string, by time.Duration) error
	Grant func(ctx context.Context, userID string, role string) error
}

// Password is everybody's.
const Password = "correct horse battery staple"

// Person is one of the demo people.
type Person struct {
	UserID, Given, Family string
	Product               string   // bought and entered; empty: none
	Texts, Calls          []string // numbers, in +1 form
	Role                  string
	Age                   time.Duration // moved into the past at the end
}

// People lists them.
func People() []Person {
	return []Person{
		{UserID: "demo", Given: "Dana", Family: "Moss"},
		{UserID: "holder", Given: "Grace", Family: "Hopper", Product: "us", Texts: []string{"+12025550101"}},
		{UserID: "proofed", Given: "Ada", Family: "King", Product: "us-proofed", Texts: []string{"+12025550102"}, Calls: []string{"+12025550103"}},
		{UserID: "expired", Given: "Alan", Family: "Wells", Product: "us", Texts: []string{"+12025550104"}, Age: 366 * 24 * time.Hour},
		{UserID: "agent1", Given: "Agnes", Family: "Reed", Product: "us-proofed", Texts: []string{"+12025550111"}, Role: "agent"},
		{UserID: "agent2", Given: "Amos", Family: "Stone", Product: "us-proofed", Texts: []string{"+12025550112"}, Role: "agent"},
		{UserID: "support1", Given: "Sonia", Family: "Vance", Product: "us-proofed", Texts: []string{"+12025550121"}, Role: "support"},
		{UserID: "support2", Given: "Silas", Family: "Boyd", Product: "us-proofed", Texts: []string{"+12025550122"}, Role: "support"},
	}
}

// atOnce bounds how many people are made at a time: the machine has few cores.
const atOnce = 4

// Make makes all of them. The first failure ends it.
func (w World) Make(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for _, p := range People() {
		g.Go(func() error {
			if err := w.one(ctx, p); err != nil {
				return fmt.Errorf("demo person %s: %w", p.UserID, err)
			}
			return nil
		})
	}
	return g.Wait()
}

// one makes a person. It can be repeated: who exists stays.
func (w World) one(ctx context.Context, p Person) error {
	b, err := newBrowser(w)
	if err != nil {
		return err
	}
	if err := b.signUp(ctx, p); err != nil {
		return err
	}
	if p.Product != "" {
		if err := b.buy(ctx, p); err != nil {
			return err
		}
		for _, number := range p.Texts {
			if err := b.register(ctx, number, messages.SMS); err != nil {
				return err
			}
		}
		for _, number := range p.Calls {
			if err := b.register(ctx, number, messages.Voice); err != nil {
				return err
			}
		}
	}
	if p.Role != "" {
		if err := w.Grant(ctx, p.UserID, p.Role); err != nil {
			return err
		}
	}
	if p.Age > 0 {
		return w.Age(ctx, p.UserID, p.Age)
	}
	return nil
}

func (b *browser) signUp(ctx context.Context, p Person) error {
	email := p.UserID + "@example.test"
	if err := b.call(ctx, "POST", "/api/accounts", map[string]string{
		"user_id": p.UserID, "email": email, "given_name": p.Given, "family_name": p.Family,
		"country": "US", "password": Password,
	}, nil); err != nil {
		return err
	}
	t, err := b.message(ctx, messages.Email, email, 0, token("/confirm"))
	if err != nil {
		return err
	}
	if err := b.call(ctx, "POST", "/api/accounts/confirm", map[string]string{"token": t}, nil); err != nil {
		return err
	}
	if p.Product == "" {
		return nil
	}
	return b.call(ctx, "POST", "/api/session", map[string]string{"user_id": p.UserID, "password": Password}, nil)
}

// buy orders, pays and enters the key, and passes the proofing where the product has one.
func (b *browser) buy(ctx context.Context, p Person) error {
	var order struct {
		Number string `json:"number"`
		Keys   []struct {
			LicenseKey string `json:"license_key"`
		} `json:"keys"`
	}
	if err := b.call(ctx, "POST", "/api/orders", map[string]any{
		"partner": "all", "payment": "card", "lines": []any{map[string]any{"product": p.Product, "quantity": 1}},
		"billing": map[string]string{
			"name": p.Given + " " + p.Family, "line1": "1 Navy Way", "city": "Arlington", "region": "VA",
			"postal_code": "22201", "country": "US",
		},
	}, &order, "Idempotency-Key", rand.Text()); err != nil {
		return err
	}
	if err := b.world.Pay(ctx, order.Number); err != nil {
		return err
	}
	if err := b.call(ctx, "GET", "/api/orders/"+order.Number, nil, &order); err != nil {
		return err
	}
	if len(order.Keys) != 1 || order.Keys[0].LicenseKey == "" {
		return fmt.Errorf("order %s has no key after payment", order.Number)
	}
	var redeemed struct {
		Next string `json:"next"`
	}
	if err := b.call(ctx, "POST", "/api/licenses/redeem", map[string]string{"license_key": order.Keys[0].LicenseKey}, &redeemed); err != nil {
		return err
	}
	if redeemed.Next == "prove" {
		return b.prove(ctx)
	}
	return nil
}

func (b *browser) register(ctx context.Context, number string, by messages.Kind) error {
	since := b.world.Box.Count()
	var challenge struct {
		ID string `json:"challenge_id"`
	}
	if err := b.call(ctx, "POST", "/api/phones", map[string]string{"number": number, "country": "US", "channel": string(by)}, &challenge); err != nil {
		return err
	}
	c, err := b.message(ctx, by, number, since, code)
	if err != nil {
		return err
	}
	return b.call(ctx, "POST", "/api/phones/verify", map[string]string{"challenge_id": challenge.ID, "code": c}, nil)
}
