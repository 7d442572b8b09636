package stacks

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"

	"phoneotp/shared/awsx"
)

// Names are the physical names of a stack's resources by their logical ids: a table's or function's name, a queue's
// address, a key's id. All pages are read: a stack of ours has several hundred resources.
func Names(ctx context.Context, a *awsx.Account, stack string) (map[string]string, error) {
	return List(ctx, cloudformation.New(cloudformation.Options{
		Region: a.Region, Credentials: a.Credentials(), HTTPClient: a.HTTP, Retryer: a.Retryer(), BaseEndpoint: a.Endpoint("CLOUDFORMATION"),
	}), stack)
}

// List is Names for who has a client already.
func List(ctx context.Context, api cloudformation.ListStackResourcesAPIClient, stack string) (map[string]string, error) {
	pages := cloudformation.NewListStackResourcesPaginator(api, &cloudformation.ListStackResourcesInput{StackName: &stack})
	names := map[string]string{}
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("look at stack %s: %w", stack, err)
		}
		for _, r := range page.StackResourceSummaries {
			if r.PhysicalResourceId != nil {
				names[*r.LogicalResourceId] = *r.PhysicalResourceId
			}
		}
	}
	return names, nil
}
