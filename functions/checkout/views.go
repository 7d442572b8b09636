package main

import "phoneotp/shared/catalog"

// The catalog as the API shows it (api.md, Store).

type catalogView struct {
	Partners []partnerView `json:"partners"`
	Products []productView `json:"products"`
}

type partnerView struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type productView struct {
	Code     string         `json:"code"`
	Name     string         `json:"name"`
	Region   catalog.Region `json:"region"`
	Proofing bool           `json:"proofing"`
	Price    catalog.Money  `json:"price"`
}

func shopView(partners []catalog.Partner, products []catalog.Product) catalogView {
	var v catalogView
	for _, p := range partners {
		v.Partners = append(v.Partners, partnerView{p.ID, p.Name})
	}
	for _, p := range products {
		v.Products = append(v.Products, productView{p.Code, p.Name, p.Region, p.Proofing, p.Price})
	}
	return v
}
